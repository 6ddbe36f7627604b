//! The bodies of requests.

use serde_json::json;

use super::{ADMIN_KEYS, PROJECTS, assert_error};
use crate::service::TestService;
use crate::service::client::{Response, exchange};

pub async fn an_invalid_body_is_a_400_and_changes_nothing(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let before = admin.get(PROJECTS).await.body;
    for (body, param) in [
        ("", Some("name")),
        ("{}", Some("name")),
        ("[]", None),
        ("{\"name\":", None),
        (r#"{"name":"a"} x"#, None),
        (r#"{"name":null}"#, Some("name")),
        (r#"{"name":1}"#, Some("name")),
        (r#"{"name":""}"#, Some("name")),
        (r#"{"name":" a"}"#, Some("name")),
        (r#"{"name":"a\u0000"}"#, Some("name")),
        (r#"{"name":"a","name":"b"}"#, Some("name")),
        (r#"{"name":"a","title":"b"}"#, Some("title")),
        (r#"{"name":"a","residency":1}"#, Some("residency")),
    ] {
        assert_error(&admin.post_text(PROJECTS, body).await, 400, param);
    }
    let long = json!({"name": "a".repeat(257)}).to_string();
    assert_error(&admin.post_text(PROJECTS, &long).await, 400, Some("name"));
    let null = json!({"name": "a", "expires_in_seconds": null});
    assert_error(
        &admin.post(ADMIN_KEYS, &null).await,
        400,
        Some("expires_in_seconds"),
    );
    assert_eq!(admin.get(PROJECTS).await.body, before);
    let huge = " ".repeat(1 << 20);
    assert_error(&admin.post_text(PROJECTS, &huge).await, 413, None);
}

pub async fn a_chunked_body_is_read_up_to_its_limit(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let token = admin.token.as_ref().unwrap();
    let head = format!(
        "POST {PROJECTS} HTTP/1.1\r\nHost: models\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let patience = std::time::Duration::from_secs(10);
    let body = "9\r\n{\"name\":\"\r\n8\r\nchunked\"\r\n1\r\n}\r\n0\r\n\r\n";
    let (bytes, _) = exchange(service.address, (head.clone() + body).as_bytes(), patience).await;
    let created = Response::parse(&bytes);
    assert_eq!(
        (created.status, &created.json()["name"]),
        (200, &json!("chunked"))
    );
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 18, " ".repeat(1 << 18));
    let long = head + &chunk + "0\r\n\r\n";
    let (bytes, _) = exchange(service.address, long.as_bytes(), patience).await;
    assert_eq!(Response::parse(&bytes).status, 413);
}

/// A connection that does not announce its end continues after a request whose body no handler has read.
pub async fn the_response_to_a_refused_request_with_a_body_arrives(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let token = admin.token.as_ref().unwrap();
    let next = format!(
        "GET {PROJECTS} HTTP/1.1\r\nHost: models\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let patience = std::time::Duration::from_secs(10);
    for (length, status) in [(2, 401), (100_000, 401), (300_000, 413)] {
        let refused = format!(
            "POST {PROJECTS} HTTP/1.1\r\nHost: models\r\nAuthorization: Bearer sk-unknown-0123456789abcdef\r\nContent-Length: {length}\r\n\r\n{}",
            " ".repeat(length)
        );
        let both = refused + &next;
        let (bytes, is_closed) = exchange(service.address, both.as_bytes(), patience).await;
        let text = String::from_utf8(bytes).unwrap();
        assert!(is_closed, "{text}");
        assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{text}");
        let (first, rest) = text.split_once("}}").unwrap();
        let ends = first.contains("connection: close");
        assert_ne!(ends, rest.starts_with("HTTP/1.1 200 "), "{text}");
    }
}
