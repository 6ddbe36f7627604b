//! `/v1/organization/admin_api_keys`.

use serde_json::json;

use super::{ADMIN_KEYS, PROJECTS, assert_error, text};
use crate::service::client::send;
use crate::service::{TestService, now};

pub async fn an_admin_key_is_created_shown_once_and_revoked(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let creator = &admin.admin_key.as_ref().unwrap().id;
    let created = admin.post(ADMIN_KEYS, &json!({"name": "second"})).await;
    assert_eq!(created.status, 200);
    assert_eq!(created.header("openai-organization"), Some("acme"));
    let mut key = created.json();
    let value = text(&key, "value");
    assert!(value.starts_with("sk-admin-"));
    let owner = json!({
        "type": "user", "object": "organization.user", "id": format!("admin_key:{creator}"),
        "name": "Admin API key", "role": "owner",
    });
    assert_eq!(key["owner"], owner);
    assert_eq!(key["expires_at"], json!(null));

    key.as_object_mut().unwrap().remove("value");
    let path = format!("{ADMIN_KEYS}/{}", text(&key, "id"));
    assert_eq!(admin.get(&path).await.json(), key);
    let list = admin.get(ADMIN_KEYS).await;
    assert!(!list.body.contains(&value));
    assert_eq!(list.json()["data"][1], key);

    let second = admin.with_token(&value);
    assert_eq!(second.get(PROJECTS).await.status, 200);
    let deleted = admin.delete(&path).await;
    let expected = json!({
        "id": key["id"], "object": "organization.admin_api_key.deleted", "deleted": true,
    });
    assert_eq!(deleted.json(), expected);
    assert_error(&second.get(PROJECTS).await, 401, None);
    assert_error(&admin.get(&path).await, 404, None);
}

pub async fn an_admin_key_that_revokes_itself_changes_nothing_more(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let path = format!("{ADMIN_KEYS}/{}", admin.admin_key.as_ref().unwrap().id);
    assert_eq!(admin.delete(&path).await.status, 200);
    let refused = admin.post(PROJECTS, &json!({"name": "late"})).await;
    assert_error(&refused, 401, None);
    let other = service.admin(&acme).await;
    assert!(!other.get(PROJECTS).await.body.contains("late"));
}

pub async fn an_admin_key_lives_for_at_most_a_year(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let created = |seconds: i64| {
        let body = json!({"name": "short", "expires_in_seconds": seconds});
        let admin = &admin;
        async move { admin.post(ADMIN_KEYS, &body).await }
    };
    let before = i64::from(now());
    for seconds in [1, 31_536_000] {
        let key = created(seconds).await.json();
        let expires_at = key["expires_at"].as_i64().unwrap();
        assert_eq!(expires_at - key["created_at"].as_i64().unwrap(), seconds);
        assert!(expires_at >= before + seconds);
    }
    for seconds in [0, -1, 31_536_001] {
        assert_error(&created(seconds).await, 400, Some("expires_in_seconds"));
    }
    let expired = service.admin_until(&acme, Some(now())).await;
    assert_error(&expired.get(PROJECTS).await, 401, None);
}

pub async fn each_kind_of_key_is_refused_on_the_routes_of_the_other(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let owner = service.caller(&acme, models_core::Role::Owner).await;
    for _ in 0..2 {
        assert_error(&owner.get(PROJECTS).await, 403, None);
        assert_error(&admin.get("/v1/models").await, 403, None);
        assert_error(&admin.delete("/v1/models/missing").await, 403, None);
    }
    let mismatched = [("OpenAI-Organization", "other")];
    let refused = admin.send("GET", PROJECTS, &mismatched).await;
    assert_eq!(refused.error()["code"], "mismatched_organization");
    let project = [("OpenAI-Project", "any")];
    assert_eq!(admin.send("GET", PROJECTS, &project).await.status, 200);
}

pub async fn a_setting_turns_the_administration_off(service: TestService) {
    let off = [("MODELS__ADMINISTRATION__ENABLED", "false")];
    let off = service.with_settings(&off).await;
    let acme = off.organization("acme").await;
    let admin = off.admin(&acme).await;
    let token = format!("Bearer {}", admin.token.as_ref().unwrap());
    let authorization = [("Authorization", token.as_str())];
    for method in ["GET", "POST", "DELETE"] {
        // The document describes a service with the administration.
        let response = send(off.address, method, PROJECTS, &authorization).await;
        assert_eq!(response.status, 404);
        let message = text(&response.error(), "message");
        assert_eq!(message, format!("Invalid URL ({method} {PROJECTS})"));
    }
    assert_eq!(admin.get("/v1/models").await.status, 403);
}
