//! The headers of requests and responses in the wire contract.

use models_core::Role;

use crate::service::TestService;
use crate::service::client::Response;

pub fn assert_standard_headers(response: &Response) {
    assert_eq!(
        response.header("openai-version"),
        Some("2020-10-01"),
        "{response:?}"
    );
    assert!(
        response
            .header("openai-processing-ms")
            .is_some_and(|ms| ms.parse::<u32>().is_ok()),
        "{response:?}"
    );
    assert_eq!(
        response.header("cache-control"),
        Some("private, no-cache"),
        "{response:?}"
    );
    let vary = "Authorization, X-Api-Key, X-Goog-Api-Key, Api-Key, OpenAI-Organization, OpenAI-Project, Accept-Encoding";
    assert_eq!(response.header("vary"), Some(vary), "{response:?}");
    let request_id = response.header("x-request-id").unwrap();
    let digits = request_id.strip_prefix("req_").unwrap();
    assert!(
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{request_id}"
    );
}

pub async fn every_response_has_the_contracts_headers(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let reader = service.caller(&acme, Role::Reader).await;
    let mismatch = [("OpenAI-Project", "proj_0")];
    for (response, authenticated, retry) in [
        (reader.get("/v1/models").await, true, None),
        (reader.get("/v1/models/own").await, true, None),
        (reader.get("/v1/models/missing").await, true, Some("false")),
        (reader.delete("/v1/models/own").await, true, Some("false")),
        (
            reader.send("GET", "/v1/models", &mismatch).await,
            true,
            Some("false"),
        ),
        (reader.send("HEAD", "/v1/models", &[]).await, true, None),
        (
            service.anonymous().get("/v1/models").await,
            false,
            Some("false"),
        ),
        (
            service.bearer("sk-unknown").get("/v1/models").await,
            false,
            Some("false"),
        ),
        (reader.get("/v1/nothing").await, false, Some("false")),
        (
            reader.send("PUT", "/v1/models", &[]).await,
            false,
            Some("false"),
        ),
    ] {
        assert_standard_headers(&response);
        assert_eq!(response.header("x-should-retry"), retry, "{response:?}");
        let (slug, project) = (acme.slug.as_str(), acme.default_project.id.as_str());
        assert_eq!(
            response.header("openai-organization"),
            authenticated.then_some(slug),
            "{response:?}"
        );
        assert_eq!(
            response.header("openai-project"),
            authenticated.then_some(project),
            "{response:?}"
        );
        let challenge = (response.status == 401).then_some("Bearer realm=\"models\"");
        assert_eq!(
            response.header("www-authenticate"),
            challenge,
            "{response:?}"
        );
    }
    let ids = [
        reader.get("/v1/models").await,
        reader.get("/v1/models").await,
    ];
    assert_ne!(ids[0].header("x-request-id"), ids[1].header("x-request-id"));
}

pub async fn request_ids_of_gateways_and_clients_are_accepted_or_refused(service: TestService) {
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    let trusting = service
        .with_settings(&[("MODELS__SERVER__TRUST_REQUEST_ID", "true")])
        .await;
    for (given, taken) in [
        ("abc-DEF-123", true),
        ("", false),
        ("a b", false),
        ("a_b", false),
        (&"a".repeat(65), false),
    ] {
        let headers = [("X-Request-Id", given)];
        let response = trusting
            .anonymous()
            .send("GET", "/v1/models", &headers)
            .await;
        assert_eq!(
            response.header("x-request-id") == Some(given),
            taken,
            "{given}"
        );
        let ours = reader.send("GET", "/v1/models", &headers).await;
        assert_standard_headers(&ours);
    }
    let long = "a".repeat(513);
    for (client_request_id, status) in [
        ("my-id 1", 200),
        (&long[..512], 200),
        (&long, 400),
        ("é", 400),
    ] {
        let response = reader
            .send(
                "GET",
                "/v1/models",
                &[("X-Client-Request-Id", client_request_id)],
            )
            .await;
        assert_eq!(response.status, status, "{client_request_id}");
        assert_standard_headers(&response);
    }
}

pub async fn a_setting_ignores_organization_headers(service: TestService) {
    let ignoring = service
        .with_settings(&[("MODELS__SERVER__IGNORE_ORGANIZATION_HEADERS", "true")])
        .await;
    let acme = ignoring.organization("acme").await;
    let reader = ignoring.caller(&acme, Role::Reader).await;
    let mismatches = [
        ("OpenAI-Project", "proj_0"),
        ("OpenAI-Organization", "org-0"),
    ];
    assert_eq!(
        reader.send("GET", "/v1/models", &mismatches).await.status,
        200
    );
}
