use models_core::{OrganizationUpdate, Role};
use serde_json::{Value, json};

use crate::administration::{account, project};
use crate::service::client::{Response, send_with_body};
use crate::service::{TestService, origin};

/// Sends a POST of this JSON with further headers.
async fn post(
    service: &TestService,
    caller: &crate::service::TestCaller,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> Response {
    let (body, bearer) = (
        body.to_string(),
        format!("Bearer {}", caller.token.as_ref().unwrap()),
    );
    let length = body.len().to_string();
    let own = [
        ("Authorization", bearer.as_str()),
        ("Content-Length", &length),
    ];
    let headers: Vec<_> = own.iter().chain(headers).copied().collect();
    send_with_body(service.address, path, &headers, &body).await
}

pub async fn a_writer_registers_a_model_and_reads_it_at_once(service: TestService) {
    let acme = service.organization("acme").await;
    let writer = service.caller(&acme, Role::Writer).await;
    assert_eq!(writer.get("/v1/models/new/a%20b").await.status, 404);
    let body =
        json!({"id": "new/a b", "created": 7, "owned_by": "me", "shutdown_date": "2027-01-31"});
    let created = writer.post("/v1/models", &body).await;
    assert_eq!(created.status, 200, "{created:?}");
    assert_eq!(created.header("location"), Some("/v1/models/new/a%20b"));
    assert_eq!(
        created.body,
        r#"{"id":"new/a b","object":"model","created":7,"owned_by":"me","shutdown_date":"2027-01-31"}"#
    );
    let retrieved = writer.get(created.header("location").unwrap()).await;
    for name in [
        "etag",
        "x-models-revision",
        "content-type",
        "openai-organization",
    ] {
        assert_eq!(created.header(name), retrieved.header(name), "{name}");
        assert!(created.header(name).is_some(), "{name}");
    }
    assert_eq!(created.body, retrieved.body);
    // The same request again, and one that names less.
    for body in [&body, &json!({"id": "new/a b"})] {
        let again = writer.post("/v1/models", body).await;
        assert_eq!((again.status, &again.body), (200, &created.body));
        assert_eq!(again.header("etag"), created.header("etag"));
    }
    let other = writer
        .post(
            "/v1/models",
            &json!({"id": "new/a b", "shutdown_date": null}),
        )
        .await;
    assert_eq!(
        (other.status, other.header("x-should-retry")),
        (409, Some("false"))
    );
    assert_eq!(other.error()["param"], "id");
    let defaults = writer
        .post("/v1/models", &json!({"id": "plain"}))
        .await
        .json();
    assert_eq!(
        (&defaults["owned_by"], &defaults["shutdown_date"]),
        (&json!("acme Inc."), &Value::Null)
    );
    assert!(defaults["created"].as_u64() > Some(1_700_000_000));
}

pub async fn a_fine_tuned_model_gets_a_new_id(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("base", 1)]).await;
    let writer = service.caller(&acme, Role::Writer).await;
    let body = json!({"base_model": "base", "suffix": "weather"});
    let first = writer.post("/v1/models", &body).await;
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let random = id.strip_prefix("ft:base:acme:weather:").unwrap();
    assert!(
        random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{id}"
    );
    assert_eq!(
        writer.get(&format!("/v1/models/{id}")).await.body,
        first.body
    );
    let retry = post(
        &service,
        &writer,
        "/v1/models",
        &body,
        &[("x-stainless-retry-count", "1")],
    )
    .await;
    assert_eq!((retry.status, &retry.body), (200, &first.body));
    let another = writer.post("/v1/models", &body).await;
    assert_ne!(another.json()["id"], id.as_str());
    let plain = writer
        .post("/v1/models", &json!({"base_model": "base"}))
        .await
        .json();
    assert!(
        plain["id"].as_str().unwrap().starts_with("ft:base:acme::"),
        "{plain}"
    );
    let missing = writer
        .post("/v1/models", &json!({"base_model": "missing"}))
        .await;
    assert_eq!(
        (missing.status, &missing.error()["code"]),
        (404, &json!("model_not_found"))
    );
    let long = writer
        .post("/v1/models", &json!({"id": "a".repeat(240)}))
        .await;
    assert_eq!(long.status, 200);
    let too_long = writer
        .post("/v1/models", &json!({"base_model": "a".repeat(240)}))
        .await;
    assert_eq!(
        (too_long.status, &too_long.error()["param"]),
        (400, &json!("base_model"))
    );
}

pub async fn a_registration_says_what_is_wrong(service: TestService) {
    let acme = service.organization("acme").await;
    let writer = service.caller(&acme, Role::Writer).await;
    for (body, param) in [
        (json!({}), "id"),
        (json!({"id": null}), "id"),
        (json!({"id": 1}), "id"),
        (json!({"id": ""}), "id"),
        (json!({"id": "a/../b"}), "id"),
        (json!({"id": " a"}), "id"),
        (json!({"id": "a".repeat(257)}), "id"),
        (json!({"id": "a", "base_model": "b"}), "base_model"),
        (json!({"id": "a", "suffix": "b"}), "suffix"),
        (json!({"base_model": "b", "suffix": "a:b"}), "suffix"),
        (
            json!({"base_model": "b", "suffix": "a".repeat(65)}),
            "suffix",
        ),
        (json!({"base_model": "."}), "base_model"),
        (json!({"id": "a", "created": -1}), "created"),
        (json!({"id": "a", "created": 4_294_967_296_i64}), "created"),
        (json!({"id": "a", "created": "1"}), "created"),
        (json!({"id": "a", "created": null}), "created"),
        (json!({"id": "a", "owned_by": ""}), "owned_by"),
        (json!({"id": "a", "owned_by": "\u{202e}a"}), "owned_by"),
        (
            json!({"id": "a", "shutdown_date": "31.1.2027"}),
            "shutdown_date",
        ),
        (json!({"id": "a", "object": "model"}), "object"),
    ] {
        let refused = writer.post("/v1/models", &body).await;
        assert_eq!(refused.status, 400, "{body} {refused:?}");
        assert_eq!(refused.error()["param"], param, "{body}");
    }
    for text in ["", "[]", "{", "{\"id\":\"a\"", "nonsense"] {
        let refused = writer.post_text("/v1/models", text).await;
        assert_eq!(refused.status, 400, "{text}");
    }
    for (path, body, param) in [
        ("/v1/models/a", json!({"id": "b"}), "id"),
        ("/v1/models/a", json!({"created": true}), "created"),
    ] {
        let refused = writer.post(path, &body).await;
        assert_eq!(
            (refused.status, &refused.error()["param"]),
            (400, &json!(param))
        );
    }
    assert_eq!(writer.get("/v1/models").await.json()["data"], json!([]));
}

pub async fn a_policy_and_public_models_limit_registrations(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service
        .models(None, &[("public", 1), ("public-denied", 1)])
        .await;
    service.models(Some(&acme), &[("own-denied", 2)]).await;
    service
        .models(Some(&other), &[("foreign", 2), ("foreign-denied", 2)])
        .await;
    let admin = service.admin(&acme).await;
    let project = project(&admin, "one").await;
    let writer = account(&admin, &project).await.key;
    let deny = json!({"mode": "deny_list", "model_ids": ["*-denied"]});
    admin
        .post(&format!("{project}/model_permissions"), &deny)
        .await;
    for (id, status, code) in [
        ("own-denied", 403, "model_denied"),
        ("public-denied", 403, "model_denied"),
        ("foreign-denied", 403, "model_denied"),
        ("missing-denied", 403, "model_denied"),
        ("public", 409, "model_already_exists"),
    ] {
        let refused = writer.post("/v1/models", &json!({"id": id})).await;
        assert_eq!(
            (refused.status, &refused.error()["code"]),
            (status, &json!(code)),
            "{id}"
        );
        let updated = writer
            .post(&format!("/v1/models/{id}"), &json!({"created": 1}))
            .await;
        assert_eq!(
            updated.status,
            if id == "public" { 403 } else { 404 },
            "{id}"
        );
    }
    assert_eq!(
        writer
            .post("/v1/models", &json!({"id": "foreign"}))
            .await
            .status,
        200
    );
    assert_eq!(
        writer
            .post("/v1/models", &json!({"base_model": "public-denied"}))
            .await
            .status,
        404
    );
}

pub async fn a_renamed_organization_renames_the_owner_of_its_models(service: TestService) {
    let acme = service.organization("acme").await;
    let writer = service.caller(&acme, Role::Writer).await;
    writer.post("/v1/models", &json!({"id": "own"})).await;
    writer
        .post("/v1/models", &json!({"id": "other", "owned_by": "someone"}))
        .await;
    let before = writer.get("/v1/models").await;
    let update = OrganizationUpdate::Name("Acme & Sons".parse().unwrap());
    let organizations = &service.store.organizations;
    organizations
        .update(&acme.id, update, origin())
        .await
        .unwrap()
        .unwrap();
    service.catch_up().await;
    let after = writer.get("/v1/models").await;
    assert_eq!(after.body, before.body.replace("acme Inc.", "Acme & Sons"));
    assert!(after.body.contains("someone"));
    for name in ["etag", "x-models-revision"] {
        assert_ne!(after.header(name), before.header(name), "{name}");
    }
}

pub async fn an_update_may_name_the_validator(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let writer = service.caller(&acme, Role::Writer).await;
    let etag = writer
        .get("/v1/models/own")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let coded = format!("W/{}-gzip\"", etag.trim_end_matches('"'));
    let date = |day: u32| json!({"shutdown_date": format!("2027-01-{day:02}")});
    for (condition, status) in [
        ("\"other\"", 412),
        ("", 412),
        (coded.as_str(), 200),
        (etag.as_str(), 412),
        ("*", 200),
    ] {
        let updated = post(
            &service,
            &writer,
            "/v1/models/own",
            &date(u32::from(status == 200) + 1),
            &[("If-Match", condition)],
        )
        .await;
        assert_eq!(updated.status, status, "{condition} {updated:?}");
        if status == 200 {
            let retrieved = writer.get("/v1/models/own").await;
            assert_eq!(
                (&updated.body, updated.header("etag")),
                (&retrieved.body, retrieved.header("etag"))
            );
            assert_eq!(retrieved.json()["shutdown_date"], "2027-01-02");
        }
    }
    let unchanged = writer.post("/v1/models/own", &json!({})).await;
    assert_eq!(unchanged.status, 200);
    let removed = writer
        .post(
            "/v1/models/own",
            &json!({"shutdown_date": null, "owned_by": "me"}),
        )
        .await
        .json();
    assert_eq!(
        (&removed["shutdown_date"], &removed["owned_by"]),
        (&Value::Null, &json!("me"))
    );
}

/// Another node shows the model at the latest when a request demands the revision of the registration.
pub async fn a_registration_is_read_from_another_node_with_its_revision(service: TestService) {
    let acme = service.organization("acme").await;
    let writer = service.caller(&acme, Role::Writer).await;
    let node = service.another_node().await;
    let there = writer.at(&node);
    for number in 0..10 {
        let id = format!("new-{number}");
        let created = writer.post("/v1/models", &json!({"id": id})).await;
        let revision = created.header("x-models-revision").unwrap();
        let demand = [("X-Models-Min-Revision", revision)];
        let read = there
            .send("GET", &format!("/v1/models/{id}"), &demand)
            .await;
        assert_eq!((read.status, &read.body), (200, &created.body));
        let list = writer.get("/v1/models").await;
        assert!(list.body.contains(&format!("\"{id}\"")));
    }
}
