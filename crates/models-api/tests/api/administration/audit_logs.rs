//! `/v1/organization/audit_logs`.

use models_core::Role;
use serde_json::{Value, json};

use super::{ADMIN_KEYS, PROJECTS, account, assert_error, ids, project, text};
use crate::service::{TestCaller, TestService, now};

const AUDIT_LOGS: &str = "/v1/organization/audit_logs";

/// The entries that the query selects.
async fn entries(admin: &TestCaller, query: &str) -> Vec<Value> {
    let page = admin.get(&format!("{AUDIT_LOGS}?{query}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    let Value::Array(entries) = page.json()["data"].take() else {
        panic!("{page:?}");
    };
    entries
}

async fn types(admin: &TestCaller, query: &str) -> Vec<String> {
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

pub async fn the_values_of_policies_are_listed(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let path = format!("{}/model_permissions", project(&admin, "one").await);
    let long: Vec<String> = (0..101).map(|number| format!("m{number}")).collect();
    for policy in [
        json!({"mode": "allow_list", "model_ids": ["b-*", "a"]}),
        json!({"mode": "deny_list", "model_ids": long}),
    ] {
        assert_eq!(admin.post(&path, &policy).await.status, 200);
    }
    assert_eq!(admin.delete(&path).await.status, 200);
    let changes = entries(&admin, "event_types[]=model_permissions.updated").await;
    let short = json!({"mode": "allow_list", "model_ids": ["a", "b-*"]});
    let long =
        json!({"mode": "deny_list", "entries": 101, "sha256": changes[1]["after"]["sha256"]});
    let values: Vec<_> = changes
        .iter()
        .map(|entry| (&entry["before"], &entry["after"]))
        .collect();
    let null = Value::Null;
    assert_eq!(values, [(&long, &null), (&short, &long), (&null, &short)]);
    assert_eq!(text(&long, "sha256").len(), 64);
}

pub async fn the_parameters_select_entries(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let path = project(&admin, "one").await;
    let made = account(&admin, &path).await;
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let (project, account_id, key) = (id(&path), id(&made.path), id(&made.key_path));
    let admin_key = admin.admin_key.as_ref().unwrap().id.as_str();
    let by_admin = [
        "api_key.created",
        "service_account.created",
        "project.created",
    ];
    let all = [
        &by_admin[..],
        &["admin_api_key.created", "organization.created"],
    ]
    .concat();
    let time = now().seconds();
    for (query, expected) in [
        ("limit=0&tenant_only=true&unknown=1", &all[..]),
        ("event_types[]=api_key.created", &all[..1]),
        (
            "event_types%5B%5D=api_key.created&event_types%5B%5D=project.created",
            &["api_key.created", "project.created"],
        ),
        ("event_types[]=login.failed", &[]),
        (&format!("actor_ids[]={admin_key}"), &by_admin),
        (&format!("actor_ids[]={account_id}"), &[]),
        ("actor_emails[]=a@example.com", &[]),
        (&format!("project_ids[]={project}"), &by_admin),
        (&format!("project_ids[]={}", acme.default_project.id), &[]),
        (
            &format!("resource_ids[]={account_id}&resource_ids[]={key}"),
            &all[..2],
        ),
        (
            &format!("event_types[]=project.created&resource_ids[]={key}"),
            &[],
        ),
        ("resource_ids[]=%00&resource_ids[]=%0A", &[]),
        ("resource_ids[]=%FF", &[]),
        (&format!("effective_at[gte]={}", time + 60), &[]),
        (
            &format!(
                "effective_at[gt]={}&effective_at[lt]={}",
                time - 60,
                time + 60
            ),
            &all,
        ),
        ("effective_at[lte]=0", &[]),
    ] {
        assert_eq!(types(&admin, query).await, expected, "{query}");
    }
    for (query, name) in [
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("effective_at[gt]=now", "effective_at[gt]"),
        (
            "effective_at[lte]=1&effective_at[lte]=1",
            "effective_at[lte]",
        ),
        ("tenant_only=1", "tenant_only"),
        ("after=a&after=b", "after"),
    ] {
        let refused = admin.get(&format!("{AUDIT_LOGS}?{query}")).await;
        assert_error(&refused, 400, Some(name));
    }
    assert_eq!(admin.post(AUDIT_LOGS, &json!({})).await.status, 405);
}

pub async fn pages_continue_in_both_directions_while_the_log_grows(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    for number in 0..4 {
        project(&admin, &format!("project {number}")).await;
    }
    let whole = ids(&admin.get(AUDIT_LOGS).await.json());
    assert_eq!(whole.len(), 6);
    for limit in 1..=7 {
        let (mut found, mut after) = (vec![], String::new());
        loop {
            let path = format!("{AUDIT_LOGS}?limit={limit}{after}");
            let page = admin.get(&path).await.json();
            found.extend(ids(&page));
            assert_eq!(page["last_id"], json!(found.last()));
            if page["has_more"] == json!(false) {
                break;
            }
            after = format!("&after={}", text(&page, "last_id"));
        }
        assert_eq!(found, whole, "{limit}");
    }
    // New entries come before the cursor.
    project(&admin, "new").await;
    let page = |query: String| {
        let admin = &admin;
        async move { admin.get(&format!("{AUDIT_LOGS}?{query}")).await.json() }
    };
    let older = page(format!("after={}&limit=2", whole[1])).await;
    assert_eq!(
        (ids(&older), &older["has_more"]),
        (whole[2..4].to_vec(), &json!(true))
    );
    let newer = page(format!("before={}&limit=2", whole[3])).await;
    assert_eq!(
        (ids(&newer), &newer["has_more"]),
        (whole[1..3].to_vec(), &json!(true))
    );
    let newest = page(format!("before={}", whole[0])).await;
    assert_eq!(newest["data"][0]["after"]["name"], "new");
    assert_eq!(
        (ids(&newest).len(), &newest["has_more"]),
        (1, &json!(false))
    );
    let between = page(format!("after={}&before={}", whole[0], whole[4])).await;
    assert_eq!(ids(&between), whole[1..4]);
    let empty =
        json!({"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false});
    let forged = format!("audit_log-{}", "0".repeat(32));
    for query in [
        "after=after&before=before".to_owned(),
        format!("after={forged}"),
        format!("before={forged}&after={}", whole[0]),
        format!("after={}", whole[5]),
        "after=".to_owned(),
        "before=%FF".to_owned(),
    ] {
        assert_eq!(page(query.clone()).await, empty, "{query}");
    }
}

pub async fn an_organization_learns_nothing_about_the_log_of_another_one(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let (one, two) = (service.admin(&acme).await, service.admin(&other).await);
    service.models(None, &[("public", 1)]).await;
    for number in 0..3 {
        project(&one, &format!("secret {number}")).await;
        project(&two, "own").await;
    }
    let (first, second) = (
        one.get(AUDIT_LOGS).await.json(),
        two.get(AUDIT_LOGS).await.json(),
    );
    let expected = [
        &["project.created"; 3][..],
        &["admin_api_key.created", "organization.created"],
    ]
    .concat();
    for (admin, page) in [(&one, &first), (&two, &second)] {
        assert_eq!(types(admin, "").await, expected);
        assert_eq!(page["has_more"], json!(false));
    }
    assert!(!second.to_string().contains("secret"));
    let foreign_project = text(&first["data"][0]["project"], "id");
    let foreign_admin = one.admin_key.as_ref().unwrap().id.to_string();
    for query in [
        format!("project_ids[]={foreign_project}"),
        format!("resource_ids[]={foreign_project}"),
        format!("resource_ids[]={}", acme.id),
        format!("actor_ids[]={foreign_admin}"),
        "resource_ids[]=public".to_owned(),
    ] {
        assert_eq!(types(&two, &query).await, [""; 0], "{query}");
    }
    // A foreign cursor is an unknown one, in every position.
    let own = ids(&second);
    for id in ids(&first) {
        assert!(!own.contains(&id));
        for query in [
            format!("after={id}"),
            format!("before={id}"),
            format!("after={}&before={id}", own[0]),
        ] {
            let page = two.get(&format!("{AUDIT_LOGS}?{query}")).await;
            let unknown = two
                .get(&format!("{AUDIT_LOGS}?{}", query.replace(&id, "unknown")))
                .await;
            assert_eq!(page.body, unknown.body, "{query}");
        }
    }
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
