use models_core::Role;

use crate::service::TestService;
use crate::service::client::exchange;

const ORIGIN: &str = "https://app.example";

pub async fn without_origins_responses_have_no_cors_headers(service: TestService) {
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    let response = reader
        .send("GET", "/v1/models", &[("Origin", ORIGIN)])
        .await;
    assert_eq!(
        (
            response.status,
            response.header("access-control-allow-origin")
        ),
        (200, None)
    );
    let preflight = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "DELETE"),
    ];
    let response = service
        .anonymous()
        .send("OPTIONS", "/v1/models/a", &preflight)
        .await;
    assert_eq!(
        (response.status, response.header("allow")),
        (405, Some("GET, HEAD, POST, DELETE"))
    );
}

pub async fn configured_origins_may_read_every_response(service: TestService) {
    let origins = format!("http://localhost:3000, {ORIGIN}");
    let service = service
        .with_settings(&[("MODELS__SERVER__CORS_ORIGINS", &origins)])
        .await;
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    let client_id = [("Origin", ORIGIN), ("X-Client-Request-Id", "é")];
    for response in [
        reader
            .send("GET", "/v1/models", &[("Origin", ORIGIN)])
            .await,
        reader
            .send("DELETE", "/v1/models/a", &[("Origin", ORIGIN)])
            .await,
        service
            .anonymous()
            .send("GET", "/v1/models", &[("Origin", ORIGIN)])
            .await,
        reader
            .send("GET", "/v1/nothing", &[("Origin", ORIGIN)])
            .await,
        reader.send("GET", "/v1/models", &client_id).await,
    ] {
        assert_eq!(
            response.header("access-control-allow-origin"),
            Some(ORIGIN),
            "{response:?}"
        );
        assert!(
            response
                .header("access-control-expose-headers")
                .unwrap()
                .contains("x-request-id")
        );
        assert!(response.header("vary").unwrap().contains("Origin"));
    }
    let stranger = reader
        .send("GET", "/v1/models", &[("Origin", "https://evil.example")])
        .await;
    assert_eq!(
        (
            stranger.status,
            stranger.header("access-control-allow-origin")
        ),
        (200, None)
    );
    assert!(stranger.header("vary").unwrap().contains("Origin"));
}

pub async fn a_preflight_allows_configured_origins_only(service: TestService) {
    let service = service
        .with_settings(&[("MODELS__SERVER__CORS_ORIGINS", ORIGIN)])
        .await;
    let preflight = |origin| {
        [
            ("Origin", origin),
            ("Access-Control-Request-Method", "DELETE"),
            (
                "Access-Control-Request-Headers",
                "authorization,x-stainless-os",
            ),
        ]
    };
    let allowed = service
        .anonymous()
        .send("OPTIONS", "/v1/models/a", &preflight(ORIGIN))
        .await;
    assert_eq!((allowed.status, allowed.body.as_str()), (204, ""));
    assert_eq!(allowed.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(
        allowed.header("access-control-allow-methods"),
        Some("GET, HEAD, POST, DELETE")
    );
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("authorization,x-stainless-os")
    );
    let refused = service
        .anonymous()
        .send(
            "OPTIONS",
            "/v1/models/a",
            &preflight("https://evil.example"),
        )
        .await;
    assert_eq!(
        (
            refused.status,
            refused.header("access-control-allow-origin")
        ),
        (204, None)
    );
    assert_eq!(refused.header("access-control-allow-methods"), None);

    // A text from the client is not taken for a response of the dispatcher.
    let imitation = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "HTTP/1.1 400 x"),
    ];
    let response = service
        .anonymous()
        .send("OPTIONS", "/v1/models", &imitation)
        .await;
    assert_eq!((response.status, response.body.as_str()), (204, ""));
    assert_eq!(response.header("access-control-allow-headers"), None);

    // The next request on the same connection also gets a response.
    let options = "OPTIONS /v1/models HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\n\
        Access-Control-Request-Method: GET\r\n\r\nGET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let (bytes, _) = exchange(
        service.address,
        options.as_bytes(),
        std::time::Duration::from_secs(10),
    )
    .await;
    let text = String::from_utf8(bytes).unwrap();
    assert!(
        text.starts_with("HTTP/1.1 204 ") && text.contains("HTTP/1.1 401 "),
        "{text}"
    );
}
