//! `/v1/organization/projects/{project_id}/model_permissions`.

use serde_json::json;

use super::{account, assert_error, project};
use crate::service::TestService;

pub async fn narrowing_a_policy_hides_models_at_once(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("public", 1), ("other", 2)]).await;
    service.models(Some(&acme), &[("own", 3)]).await;
    let admin = service.admin(&acme).await;
    let project = project(&admin, "one").await;
    let made = account(&admin, &project).await;
    admin.post(&made.path, &json!({"role": "owner"})).await;
    let key = &made.key;
    let permissions = format!("{project}/model_permissions");
    let nothing =
        json!({"object": "project.model_permissions", "mode": "deny_list", "model_ids": []});
    assert_eq!(admin.get(&permissions).await.json(), nothing);
    let all = key.get("/v1/models").await;

    let deny = json!({"mode": "deny_list", "model_ids": ["own", "pub*", "own"]});
    let set = admin.post(&permissions, &deny).await;
    let stored = json!({
        "object": "project.model_permissions", "mode": "deny_list", "model_ids": ["own", "pub*"],
    });
    assert_eq!((set.status, set.json()), (200, stored.clone()));
    assert_eq!(admin.get(&permissions).await.json(), stored);
    let denied = key.get("/v1/models").await;
    let visible: Vec<_> = super::ids(&denied.json());
    assert_eq!(visible, ["other"]);
    assert_ne!(all.header("etag"), denied.header("etag"));
    for id in ["own", "public", "missing"] {
        let retrieved = key.get(&format!("/v1/models/{id}")).await;
        let deleted = key.delete(&format!("/v1/models/{id}")).await;
        for response in [retrieved, deleted] {
            assert_eq!(response.error()["code"], "model_not_found", "{id}");
        }
    }
    // Another project of the organization sees everything.
    let elsewhere = service.caller(&acme, models_core::Role::Reader).await;
    assert_eq!(
        elsewhere.get("/v1/models").await.header("etag"),
        all.header("etag")
    );

    let none = json!({"mode": "allow_list", "model_ids": []});
    assert_eq!(admin.post(&permissions, &none).await.status, 200);
    assert_eq!(key.get("/v1/models").await.json()["data"], json!([]));
    for _ in 0..2 {
        let deleted = admin.delete(&permissions).await.json();
        let expected = json!({"object": "project.model_permissions.deleted", "deleted": true});
        assert_eq!(deleted, expected);
    }
    assert_eq!(admin.get(&permissions).await.json(), nothing);
    assert_eq!(key.get("/v1/models").await.body, all.body);
    assert_eq!(key.delete("/v1/models/own").await.status, 200);
}

pub async fn a_policy_has_at_most_10_000_entries_of_256_bytes(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let permissions = format!("{}/model_permissions", project(&admin, "one").await);
    let entries = |count: usize| -> Vec<String> {
        (0..count).map(|number| format!("{number:0>256}")).collect()
    };
    let policy = |entries: &[String]| json!({"mode": "allow_list", "model_ids": entries});
    let most = entries(10_000);
    let set = admin.post(&permissions, &policy(&most)).await;
    assert_eq!(set.status, 200, "{}", &set.body[..200]);
    assert_eq!(set.json()["model_ids"].as_array().unwrap().len(), 10_000);
    let stored = admin.get(&permissions).await;
    assert_eq!(stored.body, set.body);
    let refused = admin.post(&permissions, &policy(&entries(10_001))).await;
    assert_error(&refused, 400, Some("model_ids"));
    let long = ["a".to_owned(), "b".repeat(257)];
    let refused = admin.post(&permissions, &policy(&long)).await;
    assert_error(&refused, 400, Some("model_ids[1]"));
    for (body, param) in [
        (json!({"mode": "allow_list"}), "model_ids"),
        (json!({"model_ids": []}), "mode"),
        (json!({"mode": "allow", "model_ids": []}), "mode"),
        (
            json!({"mode": "allow_list", "model_ids": null}),
            "model_ids",
        ),
        (
            json!({"mode": "allow_list", "model_ids": [""]}),
            "model_ids[0]",
        ),
    ] {
        assert_error(&admin.post(&permissions, &body).await, 400, Some(param));
    }
    let huge = "x".repeat((8 << 20) + 1);
    assert_eq!(admin.post_text(&permissions, &huge).await.status, 413);
    assert_eq!(admin.get(&permissions).await.body, stored.body);
}
