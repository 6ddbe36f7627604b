//! `/v1/organization/projects`.

use models_core::Role;
use serde_json::json;

use super::{PROJECTS, account, assert_error, ids, text};
use crate::service::TestService;

pub async fn a_project_is_created_renamed_and_archived(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let body =
        json!({"name": "one", "geography": "EU", "residency": "GLOBAL", "external_key_id": null});
    let created = admin.post(PROJECTS, &body).await;
    assert_eq!(created.status, 200);
    let created = created.json();
    let expected = json!({
        "id": created["id"], "object": "organization.project", "name": "one",
        "created_at": created["created_at"], "archived_at": null, "status": "active",
        "external_key_id": null, "residency": "GLOBAL",
    });
    assert_eq!(created, expected);
    let path = format!("{PROJECTS}/{}", text(&created, "id"));
    assert_eq!(admin.get(&path).await.json(), created);

    let renamed = admin.post(&path, &json!({"name": "two"})).await.json();
    assert_eq!(renamed["name"], "two");
    let unchanged = admin.post(&path, &json!({"name": null})).await;
    assert_eq!((unchanged.status, unchanged.json()), (200, renamed));

    let key = account(&admin, &path).await.key;
    assert_eq!(key.get("/v1/models").await.status, 200);
    let archive = format!("{path}/archive");
    for _ in 0..2 {
        let archived = admin.send("POST", &archive, &[]).await;
        assert_eq!(archived.status, 200, "{archived:?}");
        assert_eq!(archived.json()["status"], "archived");
    }
    let refused = key.get("/v1/models").await;
    assert_eq!(refused.error()["code"], "invalid_api_key");
    for body in [json!({"name": "three"}), json!({})] {
        assert_error(&admin.post(&path, &body).await, 400, None);
    }
    let accounts = format!("{path}/service_accounts");
    assert_error(&admin.get(&accounts).await, 400, None);
    assert_error(
        &admin.post(&accounts, &json!({"name": "a"})).await,
        400,
        None,
    );
    let permissions = format!("{path}/model_permissions");
    let policy = json!({"mode": "deny_list", "model_ids": ["a"]});
    assert_error(&admin.post(&permissions, &policy).await, 400, None);

    let id = text(&created, "id");
    assert!(!ids(&admin.get(PROJECTS).await.json()).contains(&id));
    let all = admin
        .get(&format!("{PROJECTS}?include_archived=true"))
        .await;
    assert!(ids(&all.json()).contains(&id));
    assert_eq!(admin.get(&path).await.json()["status"], "archived");
}

pub async fn the_default_project_stays_as_it_is(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let path = format!("{PROJECTS}/{}", acme.default_project.id);
    let before = admin.get(&path).await;
    for body in [json!({"name": "other"}), json!({})] {
        assert_error(&admin.post(&path, &body).await, 400, None);
    }
    let archived = admin.send("POST", &format!("{path}/archive"), &[]).await;
    assert_error(&archived, 400, None);
    assert_eq!(admin.get(&path).await.body, before.body);
    let reader = service.caller(&acme, Role::Reader).await;
    assert_eq!(reader.get("/v1/models").await.status, 200);
}
