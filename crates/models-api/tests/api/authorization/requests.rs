//! The forms of authorization requests.

use models_core::Role;

use super::{Gateway, with_listener};
use crate::service::TestService;
use crate::service::client::exchange;

const CHAT: &str = "/v1/chat/completions";

pub async fn a_call_is_allowed_with_the_identity_of_the_key(service: TestService) {
    let service = with_listener(&service, &[]).await;
    let acme = service.organization("acme").await;
    service.models(None, &[("a/b", 1)]).await;
    let caller = service.caller(&acme, Role::Writer).await;
    let list = caller.get("/v1/models").await;
    let gateway = Gateway::of(&service, &caller);
    for _ in 0..2 {
        let allowed = gateway.authorize_model("a%2Fb").await;
        assert_eq!(
            (allowed.status, allowed.body.as_str()),
            (200, ""),
            "{allowed:?}"
        );
        let key = caller.key.as_ref().unwrap();
        for (name, value) in [
            ("content-length", "0"),
            ("x-models-organization", "acme"),
            ("x-models-project", acme.default_project.id.as_str()),
            ("x-models-key", key.id.as_str()),
            ("x-models-role", "writer"),
            ("x-models-model", "a/b"),
            ("x-models-etag", list.header("etag").unwrap()),
            (
                "x-models-revision",
                list.header("x-models-revision").unwrap(),
            ),
        ] {
            assert_eq!(allowed.header(name), Some(value), "{name}");
        }
    }
    let files = gateway.authorize("GET", "/v1/files", &[]).await;
    assert_eq!((files.status, files.header("x-models-model")), (200, None));
}

pub async fn the_model_is_found_in_each_kind_of_body(service: TestService) {
    const FORM: &str = "multipart/form-data; boundary=b";
    let service = with_listener(&service, &[]).await;
    let acme = service.organization("acme").await;
    service.models(None, &[("known", 1)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    let gateway = Gateway::of(&service, &caller);
    let prompt = "x".repeat(1 << 20);
    let form = |model: &str| {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n{prompt}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--b--\r\n"
        )
    };
    let json = |model: &str| {
        format!("{{\"messages\":[{{\"content\":\"{prompt}\"}}],\"model\":\"{model}\"}}")
    };
    for (model, status) in [("known", 200), ("unknown", 404)] {
        for (rest, kind, body) in [
            (CHAT, "application/json", json(model)),
            (CHAT, "", json(model)),
            ("/v1/audio/transcriptions", FORM, form(model)),
            ("/v1/images/edits", "application/json", json(model)),
            (
                "/openai/deployments/known/chat/completions",
                "application/json",
                "{}".to_owned(),
            ),
        ] {
            let expected = if rest.contains("deployments") {
                200
            } else {
                status
            };
            let response = gateway.authorize_with_body(rest, kind, &body).await;
            assert_eq!(response.status, expected, "{rest} {kind} {response:?}");
        }
    }
    for (rest, kind, body) in [
        (CHAT, FORM, form("known")),
        (CHAT, "application/json", form("known")),
        (
            CHAT,
            "application/json",
            r#"{"model":"known","model":"known"}"#.to_owned(),
        ),
        (
            CHAT,
            "application/json",
            r#"{"model":"known","Model":"known"}"#.to_owned(),
        ),
        (CHAT, "application/json", r#"{"model":"known""#.to_owned()),
        (CHAT, "application/json", r#"{"messages":[]}"#.to_owned()),
        (CHAT, "application/json", String::new()),
        (
            "/openai/deployments/known/chat/completions",
            "application/json",
            r#"{"model":"unknown"}"#.to_owned(),
        ),
        (
            "/v1/audio/transcriptions",
            "multipart/form-data",
            form("known"),
        ),
    ] {
        let response = gateway.authorize_with_body(rest, kind, &body).await;
        assert_eq!(response.status, 400, "{rest} {kind} {response:?}");
        response.error();
    }
}

pub async fn a_body_that_cannot_be_read_whole_is_refused(service: TestService) {
    let small = [("MODELS__AUTHORIZATION__BODY_MIB", "1")];
    let service = with_listener(&service, &small).await;
    let acme = service.organization("acme").await;
    service.models(None, &[("known", 1)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    let gateway = Gateway::of(&service, &caller);
    let long = format!(r#"{{"model":"known","p":"{}"}}"#, "x".repeat(1 << 20));
    let announced = gateway
        .authorize_with_body(CHAT, "application/json", &long)
        .await;
    assert_eq!(announced.status, 413);
    let key = caller.token.as_ref().unwrap();
    let head = format!("POST /v1/authorize{CHAT} HTTP/1.1\r\nHost: models\r\nx-api-key: {key}\r\n");
    let body = r#"{"model":"known"}"#;
    for (header, status) in [
        (
            "Content-Type: application/json\r\nContent-Type: text/plain",
            400,
        ),
        ("Content-Type: application/json; charset=utf-7", 400),
        (
            "X-Models-Model: known\r\nContent-Type: application/json",
            200,
        ),
        ("Content-Encoding: gzip", 400),
        ("Content-Encoding: identity", 200),
        ("x-envoy-auth-partial-body: true", 400),
        ("x-envoy-auth-partial-body: false", 200),
    ] {
        let request = format!(
            "{head}{header}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (bytes, _) = exchange(
            gateway.address,
            request.as_bytes(),
            std::time::Duration::from_mins(1),
        )
        .await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(
            bytes.starts_with(expected.as_bytes()),
            "{header} {}",
            String::from_utf8_lossy(&bytes)
        );
    }
    let chunked = format!(
        "{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    let (bytes, closed) = exchange(
        gateway.address,
        chunked.as_bytes(),
        std::time::Duration::from_mins(1),
    )
    .await;
    assert!(
        bytes.starts_with(b"HTTP/1.1 413 ") && closed,
        "{}",
        String::from_utf8_lossy(&bytes)
    );
}

/// nginx announces the body of its client's request, and sends none.
pub async fn a_get_that_announces_a_body_gets_its_response_at_once(service: TestService) {
    let service = with_listener(&service, &[]).await;
    let acme = service.organization("acme").await;
    service.models(None, &[("known", 1)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    let key = caller.token.as_ref().unwrap();
    let request = format!(
        "GET /v1/authorize HTTP/1.1\r\nHost: models\r\nAuthorization: Bearer {key}\r\nContent-Length: 31\r\n\
         X-Original-URI: {CHAT}\r\nX-Original-Method: POST\r\nX-Models-Model: known\r\n\r\n"
    );
    let address = service.authorization.unwrap();
    let (bytes, closed) = exchange(
        address,
        request.as_bytes(),
        std::time::Duration::from_secs(3),
    )
    .await;
    assert!(
        bytes.starts_with(b"HTTP/1.1 200 ") && closed,
        "{}",
        String::from_utf8_lossy(&bytes)
    );
}

pub async fn all_sources_must_agree(service: TestService) {
    let service = with_listener(
        &service,
        &[("MODELS__AUTHORIZATION__OPEN_PATHS", "/v1/batches, /metrics")],
    )
    .await;
    let acme = service.organization("acme").await;
    service.models(None, &[("known", 1), ("other", 2)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    let gateway = Gateway::of(&service, &caller);
    for (rest, headers, status) in [
        (
            "",
            vec![
                ("X-Original-URI", CHAT),
                ("X-Original-Method", "POST"),
                ("X-Models-Model", "known"),
                ("X-Forwarded-Uri", "/v1/files"),
            ],
            400,
        ),
        (
            "",
            vec![
                ("X-Original-URI", CHAT),
                ("X-Original-Method", "POST"),
                ("X-Forwarded-Method", "GET"),
                ("X-Models-Model", "known"),
            ],
            400,
        ),
        (
            "",
            vec![
                ("X-Models-Model", "known"),
                ("X-Gateway-Model-Name", "other"),
            ],
            400,
        ),
        ("/v1/models/known", vec![("X-Models-Model", "other")], 400),
        ("/v1//models/known", vec![], 400),
        ("/v1/models/..%2Fknown", vec![], 400),
        ("", vec![], 400),
        ("/v1/nothing", vec![("X-Models-Model", "known")], 404),
        ("/v1%2Ffiles", vec![], 404),
        ("/v1/batches/b_1", vec![], 200),
        ("/v1/batchesx", vec![], 404),
        ("/metrics", vec![("X-Models-Model", "known")], 200),
        ("/metrics", vec![("X-Models-Model", "missing")], 404),
        ("", vec![("X-Models-Model", "known")], 200),
    ] {
        let response = gateway.authorize("GET", rest, &headers).await;
        assert_eq!(response.status, status, "{rest} {headers:?} {response:?}");
    }
    for method in ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"] {
        let headers = [
            ("X-Original-URI", CHAT),
            ("X-Original-Method", "POST"),
            ("X-Models-Model", "known"),
        ];
        assert_eq!(
            gateway.authorize(method, "", &headers).await.status,
            200,
            "{method}"
        );
    }
}

/// A gateway would take the response to a preflight for a permission.
pub async fn a_preflight_needs_a_key(service: TestService) {
    let origins = ("MODELS__SERVER__CORS_ORIGINS", "https://a.example");
    let service = with_listener(&service, &[origins]).await;
    let anonymous = service.anonymous();
    let gateway = Gateway::of(&service, &anonymous);
    for origin in ["https://a.example", "https://b.example"] {
        let preflight = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
        ];
        let response = gateway.authorize("OPTIONS", "/v1/files", &preflight).await;
        assert_eq!(response.status, 401, "{response:?}");
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
}

pub async fn a_body_without_a_valid_key_is_not_read(service: TestService) {
    let service = with_listener(&service, &[]).await;
    let unknown = service.bearer("sk-unknown-0123456789abcdef");
    let gateway = Gateway::of(&service, &unknown);
    for body in ["{", r#"{"model":"a"}"#] {
        let response = gateway
            .authorize_with_body(CHAT, "application/json", body)
            .await;
        assert_eq!(response.error()["code"], "invalid_api_key", "{body}");
    }
}
