use models_core::{Role, Secret, Timestamp};
use serde_json::json;

use crate::service::client::send;
use crate::service::{TestService, now, origin};

pub async fn every_error_has_the_envelope(service: TestService) {
    let acme = service.organization("acme").await;
    let caller = service.caller(&acme, Role::Reader).await;
    let unknown = service.bearer("sk-unknown-0123456789abcdef");
    for (response, status, body) in [
        (
            service.anonymous().get("/v1/models").await,
            401,
            r#"{"error":{"message":"Missing bearer authentication in header","type":"invalid_request_error","param":null,"code":null}}"#,
        ),
        (
            unknown.get("/v1/models").await,
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-unkno***************cdef. Keys are created with `models-api key create`.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
        ),
        (
            caller.get("/v1/nothing").await,
            404,
            r#"{"error":{"message":"Invalid URL (GET /v1/nothing)","type":"invalid_request_error","param":null,"code":null}}"#,
        ),
        (
            caller.send("PUT", "/v1/models", &[]).await,
            405,
            r#"{"error":{"message":"Invalid method for URL (PUT /v1/models)","type":"invalid_request_error","param":null,"code":null}}"#,
        ),
        (
            caller.send("PUT", "/v1/models/a", &[]).await,
            405,
            r#"{"error":{"message":"Invalid method for URL (PUT /v1/models/a)","type":"invalid_request_error","param":null,"code":null}}"#,
        ),
    ] {
        assert_eq!((response.status, response.body.as_str()), (status, body));
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert!(
            response
                .header("x-request-id")
                .is_some_and(|id| id.starts_with("req_") && id.len() == 36)
        );
    }
    assert_eq!(
        caller.send("PUT", "/v1/models", &[]).await.header("allow"),
        Some("GET, HEAD, POST")
    );
    assert_eq!(
        caller
            .send("PUT", "/v1/models/a", &[])
            .await
            .header("allow"),
        Some("GET, HEAD, POST, DELETE")
    );
}

pub async fn a_key_that_is_revoked_or_expired_is_refused(service: TestService) {
    let acme = service.organization("acme").await;
    let expired = service.caller_until(&acme, Role::Owner, Some(now())).await;
    let revoked = service.caller(&acme, Role::Owner).await;
    assert_eq!(revoked.get("/v1/models").await.status, 200);
    let key_id = revoked.key.as_ref().map(|key| key.id.clone()).unwrap();
    service
        .store
        .api_keys
        .revoke(&key_id, origin())
        .await
        .unwrap();
    let later = Timestamp::from_seconds(now().seconds() + 60);
    let good = service.caller_until(&acme, Role::Owner, Some(later)).await;

    for caller in [expired, revoked] {
        let response = caller.get("/v1/models").await;
        assert_eq!(
            (response.status, response.error()["code"].clone()),
            (401, json!("invalid_api_key"))
        );
        assert_eq!(
            response.header("www-authenticate"),
            Some("Bearer realm=\"models\"")
        );
    }
    assert_eq!(good.get("/v1/models").await.status, 200);
}

pub async fn organization_and_project_headers_must_match_the_key(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let caller = service.caller(&acme, Role::Reader).await;
    for (name, value, status) in [
        ("OpenAI-Organization", acme.id.as_str(), 200),
        ("OpenAI-Organization", acme.slug.as_str(), 200),
        ("OpenAI-Organization", other.id.as_str(), 401),
        ("OpenAI-Organization", "org-nonsense", 401),
        ("OpenAI-Organization", "", 200),
        ("OpenAI-Project", "", 200),
        ("OpenAI-Project", acme.default_project.id.as_str(), 200),
        ("OpenAI-Project", other.default_project.id.as_str(), 401),
    ] {
        let response = caller.send("GET", "/v1/models", &[(name, value)]).await;
        assert_eq!(response.status, status, "{name}: {value}");
    }
    let organization = caller
        .send("GET", "/v1/models", &[("OpenAI-Organization", "x")])
        .await
        .error();
    assert_eq!(
        organization["message"],
        "OpenAI-Organization header should match organization for API key"
    );
    let project = caller
        .send("GET", "/v1/models", &[("OpenAI-Project", "x")])
        .await
        .error();
    assert_eq!(
        project,
        json!({
            "message": "OpenAI-Project header should match project for API key",
            "type": "invalid_request_error", "param": null, "code": "mismatched_project",
        })
    );
}

pub async fn the_scheme_is_case_insensitive_and_the_token_may_hold_spaces(service: TestService) {
    let acme = service.organization("acme").await;
    let secret = Secret::parse("My API Key").unwrap();
    service
        .caller_with(&acme, Role::Reader, None, &secret)
        .await;
    for (authorization, status, expected) in [
        ("Bearer My API Key", 200, ""),
        ("bEARER My API Key", 200, ""),
        (
            "Bearer My  API Key",
            401,
            "Incorrect API key provided: ***********.",
        ),
        (
            "Bearer  My API Key",
            401,
            "Incorrect API key provided: ***********.",
        ),
        (
            "Bearer my api key",
            401,
            "Incorrect API key provided: **********.",
        ),
        ("Bearer", 401, "Missing bearer authentication in header"),
        ("Bearer ", 401, "Missing bearer authentication in header"),
        (
            "Basic My API Key",
            401,
            "Missing bearer authentication in header",
        ),
        ("My API Key", 401, "Missing bearer authentication in header"),
    ] {
        let response = send(
            service.address,
            "GET",
            "/v1/models",
            &[("Authorization", authorization)],
        )
        .await;
        assert_eq!(response.status, status, "{authorization}");
        if status == 401 {
            let message = response.error()["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with(expected), "{authorization}: {message}");
        }
    }
}
