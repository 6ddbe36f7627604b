//! `/v1/organization/projects/{project_id}/api_keys`.

use std::time::Duration;

use serde_json::{Value, json};

use super::{account, assert_error, ids, project, text};
use crate::service::TestService;

pub async fn a_key_is_listed_with_its_owner_and_revoked(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let project = project(&admin, "one").await;
    let made = account(&admin, &project).await;
    let token = made.key.token.clone().unwrap();
    let key = admin.get(&made.key_path).await.json();
    let owner = admin.get(&made.path).await.json();
    let expected = json!({
        "object": "organization.project.api_key", "id": key["id"], "name": "Secret Key",
        "redacted_value": key["redacted_value"], "created_at": key["created_at"],
        "last_used_at": null, "expires_at": null, "owner_project_access": "active",
        "owner": {"type": "service_account", "service_account": {
            "id": owner["id"], "name": "an account", "created_at": owner["created_at"],
            "role": "member",
        }},
    });
    assert_eq!(key, expected);
    assert!(text(&key, "redacted_value").len() < token.len());
    let keys = format!("{project}/api_keys");
    for (access, count) in [("active", 1), ("any", 1), ("inactive", 0)] {
        let list = admin
            .get(&format!("{keys}?owner_project_access={access}"))
            .await;
        assert_eq!(ids(&list.json()).len(), count, "{access}");
    }
    assert_error(
        &admin.get(&format!("{keys}?owner_project_access=x")).await,
        400,
        Some("owner_project_access"),
    );

    assert_eq!(made.key.get("/v1/models").await.status, 200);
    let deleted = admin.delete(&made.key_path).await.json();
    let expected = json!({
        "id": key["id"], "object": "organization.project.api_key.deleted", "deleted": true,
    });
    assert_eq!(deleted, expected);
    assert_error(&made.key.get("/v1/models").await, 401, None);
    assert_error(&admin.get(&made.key_path).await, 404, None);
    assert_eq!(admin.get(&made.path).await.status, 200, "the account stays");
}

pub async fn scopes_grant_and_refuse(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let project = project(&admin, "one").await;
    let made = account(&admin, &project).await;
    admin.post(&made.path, &json!({"role": "owner"})).await;
    for (scopes, list, delete) in [
        (json!(["api.all.read"]), 200, 403),
        (json!(["api.delete"]), 403, 200),
        (json!(["string"]), 403, 403),
        (json!(["api.model.read", "api.delete"]), 200, 200),
        (json!(["api.model.write"]), 403, 403),
        (json!([]), 200, 200),
    ] {
        service.models(Some(&acme), &[("own", 1)]).await;
        let updated = admin.post(&made.key_path, &json!({"scopes": scopes})).await;
        assert_eq!(updated.status, 200, "{updated:?}");
        assert_eq!(made.key.get("/v1/models").await.status, list, "{scopes}");
        let deleted = made.key.delete("/v1/models/own").await;
        assert_eq!(deleted.status, delete, "{scopes}");
    }
}

pub async fn the_lifetime_of_a_key_begins_with_the_request(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let made = account(&admin, &project(&admin, "one").await).await;
    let path = &made.key_path;
    let hour = json!({"expires_in_seconds": 3600, "scopes": ["api.model.read"]});
    let updated = admin.post(path, &hour).await.json();
    let created = updated["created_at"].as_i64().unwrap();
    let lifetime = updated["expires_at"].as_i64().unwrap() - created;
    assert!((3600..3700).contains(&lifetime), "{lifetime}");
    // The update of one field keeps the other.
    let scoped = admin.post(path, &json!({"scopes": []})).await.json();
    assert_eq!(scoped["expires_at"], updated["expires_at"]);

    for (body, param) in [
        (json!({}), None),
        (json!({"scopes": null}), Some("scopes")),
        (
            json!({"expires_in_seconds": null}),
            Some("expires_in_seconds"),
        ),
        (json!({"expires_in_seconds": 0}), Some("expires_in_seconds")),
        (json!({"scopes": [""]}), Some("scopes")),
        (json!({"scopes": vec!["a"; 101]}), Some("scopes")),
        (json!({"scopes": [1]}), Some("scopes[0]")),
        (json!({"name": "other"}), Some("name")),
    ] {
        assert_error(&admin.post(path, &body).await, 400, param);
    }

    let brief: Value = json!({"expires_in_seconds": 1});
    assert_eq!(admin.post(path, &brief).await.status, 200);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_error(&made.key.get("/v1/models").await, 401, None);
    assert_error(&admin.post(path, &brief).await, 400, None);
    assert_eq!(admin.get(path).await.status, 200, "it can be retrieved");
    assert_eq!(admin.delete(path).await.status, 200, "and revoked");
}
