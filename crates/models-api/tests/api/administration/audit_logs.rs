//! `/v1/organization/audit_logs`.

use models_core::Role;
use serde_json::{Value, json};

use super::{ADMIN_KEYS, PROJECTS, account, project, text};
use crate::service::{TestCaller, TestService, now};

pub const AUDIT_LOGS: &str = "/v1/organization/audit_logs";

/// The entries that the query selects.
pub async fn entries(admin: &TestCaller, query: &str) -> Vec<Value> {
    let page = admin.get(&format!("{AUDIT_LOGS}?{query}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    let Value::Array(entries) = page.json()["data"].take() else {
        panic!("{page:?}");
    };
    entries
}

pub async fn types(admin: &TestCaller, query: &str) -> Vec<String> {
    let entries = entries(admin, query).await;
    entries.iter().map(|entry| text(entry, "type")).collect()
}

pub async fn a_change_is_listed_with_its_actor_its_values_and_its_request(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let admin_key = admin.admin_key.as_ref().unwrap().id.as_str();
    let created = admin.post(PROJECTS, &json!({"name": "one"})).await;
    let project = text(&created.json(), "id");
    let path = format!("{PROJECTS}/{project}");
    let entry = entries(&admin, "").await.remove(0);
    let expected = json!({
        "id": entry["id"],
        "type": "project.created",
        "effective_at": entry["effective_at"],
        "project": {"id": project, "name": "one"},
        "actor": {"type": "api_key", "api_key": {"id": admin_key}, "name": format!("admin_key:{admin_key}")},
        "request_id": created.header("x-request-id"),
        "ip_address": "127.0.0.1",
        "reason": null,
        "before": null,
        "after": {"name": "one", "archived_at": null},
        "project.created": {
            "id": project,
            "data": {"name": "one", "title": "one", "archived_at": null},
        },
    });
    assert_eq!(entry, expected);
    let age = u64::from(now().seconds()) - entry["effective_at"].as_u64().unwrap();
    assert!(age < 60, "{entry}");

    // What was changed keeps its name in the values, and the project has its present name.
    admin.post(&path, &json!({"name": "two"})).await;
    let made = account(&admin, &path).await;
    let update = json!({"scopes": ["api.model.read"], "expires_in_seconds": 3600});
    admin.post(&made.key_path, &update).await;
    let [updated, key_created, account_created, renamed] = &entries(&admin, "limit=4").await[..]
    else {
        panic!("another number of entries");
    };
    assert_eq!(
        (&renamed["before"]["name"], &renamed["after"]["name"]),
        (&json!("one"), &json!("two"))
    );
    let renaming = json!({"id": project, "changes_requested": {"name": "two", "title": "two"}});
    assert_eq!(renamed["project.updated"], renaming);
    assert_eq!(account_created["type"], "service_account.created");
    assert_eq!(
        account_created["service_account.created"]["data"]["role"],
        "member"
    );
    assert_eq!(key_created["api_key.created"]["data"]["scopes"], json!([]));
    let key_id = made.key_path.rsplit('/').next().unwrap();
    assert_eq!(updated["api_key.updated"]["id"], key_id);
    let requested = &updated["api_key.updated"]["changes_requested"];
    assert_eq!(requested["scopes"], json!(["api.model.read"]));
    assert_eq!(requested["expires_in_seconds"], 3600);
    assert_eq!(updated["before"]["scopes"], json!([]));
    assert_eq!(updated["before"]["expires_at"], Value::Null);
    assert_eq!(updated["project"], json!({"id": project, "name": "two"}));

    // Neither a key nor its digest is in the log.
    let log = admin.get(AUDIT_LOGS).await.body;
    for caller in [&made.key, &admin] {
        let token = caller.token.as_ref().unwrap();
        let digest = token.parse::<models_core::Entered<models_core::Secret>>();
        let digest = digest.unwrap().into_inner().digest().to_hex();
        assert!(!log.contains(token.as_str()) && !log.contains(&digest));
    }
}

pub async fn changes_by_keys_and_on_the_command_line_are_listed(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    service.models(Some(&acme), &[("ft:a", 7)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let deleted = owner.delete("/v1/models/ft:a").await;
    assert_eq!(deleted.status, 200, "{deleted:?}");

    let log = entries(&admin, "").await;
    let key = owner.key.as_ref().unwrap().id.as_str();
    let model = &log[0];
    assert_eq!(model["type"], "model.deleted");
    assert_eq!(model["actor"]["type"], "api_key");
    assert_eq!(model["actor"]["api_key"]["id"], key);
    assert_eq!(model["actor"]["name"], format!("key:{key}"));
    assert_eq!(model["request_id"], json!(deleted.header("x-request-id")));
    assert_eq!(model["project"]["id"], acme.default_project.id.as_str());
    let values = json!({"created": 7, "owned_by": "acme Inc.", "shutdown_date": null});
    assert_eq!((&model["before"], &model["after"]), (&values, &Value::Null));
    assert_eq!(model["model.deleted"], json!({"id": "ft:a"}));

    let created = &log[2];
    assert_eq!(created["type"], "model.created");
    let session = json!({"type": "session", "session": {}, "name": "command_line"});
    assert_eq!(created["actor"], session);
    assert_eq!(created.get("project"), None);
    assert_eq!(created["ip_address"], Value::Null);

    // A change that concerns no project belongs to the default project if an admin key makes it.
    let made = admin
        .post(ADMIN_KEYS, &json!({"name": "more"}))
        .await
        .json();
    let more = entries(&admin, "limit=1").await.remove(0);
    assert_eq!(more["type"], "admin_api_key.created");
    assert_eq!(more["project"]["id"], acme.default_project.id.as_str());
    assert_eq!(more["after"]["redacted_value"], made["redacted_value"]);
}

pub async fn a_setting_leaves_the_addresses_of_clients_out(service: TestService) {
    let settings = [("MODELS__AUDIT__CLIENT_ADDRESSES", "false")];
    let service = service.with_settings(&settings).await;
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    project(&admin, "one").await;
    service.models(Some(&acme), &[("ft:a", 7)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    assert_eq!(owner.delete("/v1/models/ft:a").await.status, 200);
    for entry in entries(
        &admin,
        "event_types[]=project.created&event_types[]=model.deleted",
    )
    .await
    {
        assert_eq!(entry["ip_address"], Value::Null);
        assert!(text(&entry, "request_id").starts_with("req_"), "{entry}");
    }
}

pub async fn events_of_newer_versions_are_listed_without_values(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    service
        .execute(&format!(
            "BEGIN; UPDATE catalog SET revision = revision + 1; \
            INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
            SELECT revision, 7, 'oidc:a', 'group.created', '{}', 'g', '{{}}' FROM catalog; COMMIT",
            acme.id
        ))
        .await;
    let entry = entries(&admin, "event_types[]=group.created")
        .await
        .remove(0);
    assert_eq!(entry["group.created"], json!({"id": "g"}));
    assert_eq!(entry["actor"]["name"], "unknown");
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&Value::Null, &Value::Null)
    );
}
