use models_core::Role;

use crate::http::exchange;
use crate::service::TestService;

const ORIGIN: &str = "https://app.example";

pub async fn without_origins_there_is_no_cors(service: TestService) {
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    let answer = reader
        .send("GET", "/v1/models", &[("Origin", ORIGIN)])
        .await;
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, None)
    );
    let preflight = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "DELETE"),
    ];
    let answer = service
        .anonymous()
        .send("OPTIONS", "/v1/models/a", &preflight)
        .await;
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD, DELETE"))
    );
}

pub async fn configured_origins_may_read_every_answer(service: TestService) {
    let origins = format!("http://localhost:3000, {ORIGIN}");
    let service = service
        .again_with(&[("MODELS__SERVER__CORS_ORIGINS", &origins)])
        .await;
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    let client_id = [("Origin", ORIGIN), ("X-Client-Request-Id", "é")];
    for answer in [
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
            answer.header("access-control-allow-origin"),
            Some(ORIGIN),
            "{answer:?}"
        );
        assert!(
            answer
                .header("access-control-expose-headers")
                .unwrap()
                .contains("x-request-id")
        );
        assert!(answer.header("vary").unwrap().contains("Origin"));
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

pub async fn a_preflight_tells_configured_origins_what_they_may(service: TestService) {
    let service = service
        .again_with(&[("MODELS__SERVER__CORS_ORIGINS", ORIGIN)])
        .await;
    let ask = |origin| {
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
        .send("OPTIONS", "/v1/models/a", &ask(ORIGIN))
        .await;
    assert_eq!((allowed.status, allowed.body.as_str()), (204, ""));
    assert_eq!(allowed.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(
        allowed.header("access-control-allow-methods"),
        Some("GET, HEAD, DELETE")
    );
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("authorization,x-stainless-os")
    );
    let refused = service
        .anonymous()
        .send("OPTIONS", "/v1/models/a", &ask("https://evil.example"))
        .await;
    assert_eq!(
        (
            refused.status,
            refused.header("access-control-allow-origin")
        ),
        (204, None)
    );
    assert_eq!(refused.header("access-control-allow-methods"), None);

    // What a client sends is not taken for an answer of the dispatcher's.
    let sly = [
        ("Origin", ORIGIN),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "HTTP/1.1 400 x"),
    ];
    let answer = service
        .anonymous()
        .send("OPTIONS", "/v1/models", &sly)
        .await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(answer.header("access-control-allow-headers"), None);

    // A pre-flight answer must not hold the connection up: the next request on it is answered.
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
