//! `/v1/organization/projects/{project_id}/service_accounts`.

use serde_json::json;

use super::{account, assert_error, ids, project, text};
use crate::service::TestService;

pub async fn an_account_is_created_with_a_key_and_deleted_with_its_keys(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let project = project(&admin, "one").await;
    let accounts = format!("{project}/service_accounts");
    let body = json!({"name": "ci", "expires_in_seconds": 60});
    let created = admin.post(&accounts, &body).await;
    assert_eq!(created.status, 200);
    let created = created.json();
    let key = &created["api_key"];
    let expires_at = key["created_at"].as_i64().unwrap() + 60;
    let expected = json!({
        "object": "organization.project.service_account", "id": created["id"], "name": "ci",
        "role": "member", "created_at": created["created_at"],
        "api_key": {
            "object": "organization.project.service_account.api_key", "id": key["id"],
            "name": "Secret Key", "created_at": key["created_at"], "expires_at": expires_at,
            "value": key["value"],
        },
    });
    assert_eq!(created, expected);
    let caller = admin.with_token(&text(key, "value"));
    let list = caller.get("/v1/models").await;
    assert_eq!(list.status, 200);
    assert_eq!(list.header("openai-project"), project.rsplit('/').next());

    let path = format!("{accounts}/{}", text(&created, "id"));
    let keys = format!("{path}/api_keys");
    let second = admin
        .post(
            &keys,
            &json!({"name": "second", "scopes": ["api.all.read"]}),
        )
        .await;
    let second = second.json();
    assert_eq!(
        (&second["name"], &second["expires_at"]),
        (&json!("second"), &json!(null))
    );
    let second = admin.with_token(&text(&second, "value"));
    assert_eq!(second.get("/v1/models").await.status, 200);
    assert_eq!(
        admin.send("POST", &keys, &[]).await.status,
        200,
        "all fields are optional"
    );
    assert_eq!(
        ids(&admin.get(&format!("{project}/api_keys")).await.json()).len(),
        3
    );

    let renamed = admin.post(&path, &json!({"name": "cd"})).await.json();
    assert_eq!(
        (&renamed["name"], &renamed["role"]),
        (&json!("cd"), &json!("member"))
    );
    assert_eq!(admin.get(&accounts).await.json()["data"], json!([renamed]));
    let deleted = admin.delete(&path).await.json();
    // The SDKs repeat a request whose response was lost.
    assert_eq!(admin.delete(&path).await.json(), deleted);
    let expected = json!({
        "id": created["id"], "object": "organization.project.service_account.deleted",
        "deleted": true,
    });
    assert_eq!(deleted, expected);
    for caller in [&caller, &second] {
        assert_error(&caller.get("/v1/models").await, 401, None);
    }
    assert_error(&admin.get(&path).await, 404, None);
    assert_error(&admin.post(&keys, &json!({})).await, 404, None);
    assert_eq!(
        ids(&admin.get(&format!("{project}/api_keys")).await.json()),
        [""; 0]
    );
}

pub async fn an_account_without_a_role_can_do_nothing(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let project = project(&admin, "one").await;
    let accounts = format!("{project}/service_accounts");
    let body = json!({"name": "a", "create_service_account_only": true, "expires_in_seconds": 0});
    let created = admin.post(&accounts, &body).await.json();
    assert_eq!(
        (&created["role"], &created["api_key"]),
        (&json!("none"), &json!(null))
    );
    let path = format!("{accounts}/{}", text(&created, "id"));
    let key = admin
        .post(&format!("{path}/api_keys"), &json!({}))
        .await
        .json();
    let caller = admin.with_token(&text(&key, "value"));
    service.models(Some(&acme), &[("own", 1)]).await;
    assert_error(&caller.get("/v1/models").await, 403, None);
    for (role, list, delete) in [("member", 200, 403), ("owner", 200, 200)] {
        let updated = admin.post(&path, &json!({"role": role})).await.json();
        assert_eq!(updated["role"], role);
        assert_eq!(caller.get("/v1/models").await.status, list, "{role}");
        assert_eq!(
            caller.delete("/v1/models/own").await.status,
            delete,
            "{role}"
        );
    }
    for (body, param) in [
        (json!({"role": "none"}), "role"),
        (json!({"role": "reader"}), "role"),
        (json!({"role": null}), "role"),
        (json!({"name": null}), "name"),
    ] {
        assert_error(&admin.post(&path, &body).await, 400, Some(param));
    }
}

pub async fn a_key_never_has_more_than_its_account(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let made = account(&admin, &project(&admin, "one").await).await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let scopes = json!({"scopes": ["api.delete", "api.model.read"]});
    assert_eq!(admin.post(&made.key_path, &scopes).await.status, 200);
    assert_error(&made.key.delete("/v1/models/own").await, 403, None);
    admin.post(&made.path, &json!({"role": "owner"})).await;
    admin.post(&made.path, &json!({"role": "member"})).await;
    assert_error(&made.key.delete("/v1/models/own").await, 403, None);
}
