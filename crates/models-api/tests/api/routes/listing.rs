use models_core::Role;
use serde_json::{Value, json};

use crate::service::TestService;

fn ids(list: &Value) -> Vec<&str> {
    list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|model| model["id"].as_str().unwrap())
        .collect()
}

pub async fn the_list_is_whole_and_sorted_and_has_each_id_once(service: TestService) {
    let acme = service.organization("acme").await;
    service
        .models(None, &[("b", 2), ("a", 2), ("both", 1)])
        .await;
    service.models(Some(&acme), &[("both", 3)]).await;
    let response = service
        .caller(&acme, Role::Reader)
        .await
        .get("/v1/models?user=librechat&limit=1")
        .await;

    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("application/json"));
    let model = |id: &str, created: u32, owner: &str| {
        format!(
            r#"{{"id":"{id}","object":"model","created":{created},"owned_by":"{owner}","shutdown_date":null}}"#
        )
    };
    let models = [
        model("a", 2, "system"),
        model("b", 2, "system"),
        model("both", 3, "acme Inc."),
    ];
    assert_eq!(
        response.body,
        format!(r#"{{"object":"list","data":[{}]}}"#, models.join(","))
    );
}

pub async fn a_tenant_sees_its_own_models_and_the_public_ones(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service.models(None, &[("public", 1)]).await;
    service.models(Some(&acme), &[("of-acme", 2)]).await;
    service.models(Some(&other), &[("of-other", 3)]).await;

    let seen = service
        .caller(&acme, Role::Owner)
        .await
        .get("/v1/models")
        .await
        .json();
    assert_eq!(ids(&seen), ["public", "of-acme"]);
    let seen = service
        .caller(&other, Role::Owner)
        .await
        .get("/v1/models")
        .await
        .json();
    assert_eq!(ids(&seen), ["public", "of-other"]);
}

pub async fn every_role_may_list(service: TestService) {
    let acme = service.organization("acme").await;
    for role in Role::ALL {
        let response = service.caller(&acme, role).await.get("/v1/models").await;
        assert_eq!(
            (response.status, response.json()),
            (200, json!({"object": "list", "data": []})),
            "{role}"
        );
    }
}

pub async fn head_responds_like_get_without_the_body(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("a", 1)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    for path in [
        "/v1/models",
        "/v1/models/a",
        "/v1/models/missing",
        "/v1/nothing",
    ] {
        let (get, head) = (caller.get(path).await, caller.send("HEAD", path, &[]).await);
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{path}"
        );
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{path}"
        );
    }
    let (get, head) = (
        caller.get("/v1/models/a").await,
        caller.send("HEAD", "/v1/models/a", &[]).await,
    );
    assert_eq!(head.header("content-length"), get.header("content-length"));
}
