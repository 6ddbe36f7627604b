//! Allowed and refused calls.

use models_core::Role;
use serde_json::json;

use super::{Gateway, with_listener};
use crate::administration::{account, project};
use crate::service::TestService;

pub async fn a_call_is_allowed_exactly_if_the_model_is_listed(service: TestService) {
    let service = with_listener(&service, &[]).await;
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service.models(None, &[("public", 1), ("denied", 2)]).await;
    service.models(Some(&acme), &[("own", 3)]).await;
    service.models(Some(&other), &[("foreign", 4)]).await;
    let admin = service.admin(&acme).await;
    let project = project(&admin, "one").await;
    let made = account(&admin, &project).await;
    let gateway = Gateway::of(&service, &made.key);
    let statuses = async || {
        let mut found = vec![];
        for model in ["public", "denied", "own", "foreign", "missing"] {
            let response = gateway.authorize_model(model).await;
            let listed = made.key.get(&format!("/v1/models/{model}")).await;
            assert_eq!(response.status, listed.status, "{model}");
            if response.status == 404 {
                let other = model.replace(model, "x");
                assert_eq!(
                    response.body.replace(model, &other),
                    gateway.authorize_model("x").await.body
                );
            }
            found.push(response.status);
        }
        found
    };
    assert_eq!(statuses().await, [200, 200, 200, 404, 404]);
    let deny = json!({"mode": "deny_list", "model_ids": ["denied"]});
    admin
        .post(&format!("{project}/model_permissions"), &deny)
        .await;
    assert_eq!(statuses().await, [200, 404, 200, 404, 404]);
    let list = gateway.client.get("/v1/models").await;
    let address = service.authorization.unwrap();
    let bearer = format!("Bearer {}", made.key.token.as_ref().unwrap());
    let callable = crate::service::client::send(
        address,
        "GET",
        "/v1/authorized-models",
        &[("Authorization", &bearer)],
    )
    .await;
    assert_eq!((callable.status, callable.body), (200, list.body));
    // The deletion of the model, and then of the key, hold when they have returned.
    let owner = service.caller(&acme, Role::Owner).await;
    assert_eq!(owner.delete("/v1/models/own").await.status, 200);
    assert_eq!(gateway.authorize_model("own").await.status, 404);
    assert_eq!(admin.delete(&made.path).await.status, 200);
    let refused = gateway.authorize_model("public").await;
    assert_eq!(
        (refused.status, refused.error()["code"].as_str()),
        (401, Some("invalid_api_key"))
    );
}

pub async fn a_call_needs_the_scope_for_requests(service: TestService) {
    let service = with_listener(&service, &[]).await;
    let acme = service.organization("acme").await;
    service.models(None, &[("public", 1)]).await;
    let admin = service.admin(&acme).await;
    let project = project(&admin, "one").await;
    let made = account(&admin, &project).await;
    let gateway = Gateway::of(&service, &made.key);
    let keys = admin.get(&format!("{project}/api_keys")).await.json();
    let key = format!(
        "{project}/api_keys/{}",
        keys["data"][0]["id"].as_str().unwrap()
    );
    for (scopes, status) in [
        (json!([]), 200),
        (json!(["api.model.request"]), 200),
        (json!(["api.model.read"]), 403),
        (json!(["api.all.read"]), 403),
        (json!(["unknown"]), 403),
    ] {
        assert_eq!(
            admin.post(&key, &json!({"scopes": scopes})).await.status,
            200
        );
        for model in ["public", "missing"] {
            let expected = if status == 200 && model == "missing" {
                404
            } else {
                status
            };
            assert_eq!(
                gateway.authorize_model(model).await.status,
                expected,
                "{scopes} {model}"
            );
        }
    }
    // An admin key calls no models.
    assert_eq!(
        Gateway::of(&service, &admin)
            .authorize_model("public")
            .await
            .status,
        403
    );
}
