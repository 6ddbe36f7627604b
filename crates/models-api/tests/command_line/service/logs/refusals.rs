//! The log lines of refusals and of unreadable requests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::reading::{TIMEOUT, header, key, line, request, with_acme};
use crate::program::Serving;

/// The parts of a refusal that must not depend on the incorrect key: the head, and the end of the message.
fn without_the_key(response: &str) -> (Vec<String>, String) {
    const VARY: [&str; 4] = [
        "x-request-id",
        "date",
        "openai-processing-ms",
        "content-length",
    ];
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let lines = head.lines().map(str::to_owned);
    let mut head: Vec<String> = lines
        .filter(|line| !VARY.iter().any(|name| line.starts_with(name)))
        .collect();
    head.sort();
    let message = body.split_once("provided: ").unwrap().1;
    (head, message.split_once('.').unwrap().1.to_owned())
}

#[test]
fn the_line_of_a_refusal_names_reason_key_and_client() {
    let program = with_acme().with("MODELS__SERVER__TRUSTED_PROXIES", "127.0.0.1");
    let (revoked, revoked_secret) = key(&program, &["--role", "reader"]);
    assert!(program.run(&["key", "revoke", &revoked]).succeeded);
    let (expired, expired_secret) = key(&program, &["--role", "reader", "--expires-in", "1s"]);
    let (reader, reader_secret) = key(&program, &["--role", "reader"]);
    sleep(Duration::from_millis(2_100));
    let service = program.serve();
    let bearer = |secret: &str| format!("-H 'Authorization: Bearer {secret}'");
    let none = Value::Null;
    let known = |id: &str| (json!(id), json!("acme"));
    let unknown = (none.clone(), none.clone());
    let mut bodies = vec![];
    for (reason, options, status, key) in [
        ("missing", String::new(), 401, unknown.clone()),
        (
            "malformed",
            "-H 'Authorization: Basic YTpi'".to_owned(),
            401,
            unknown.clone(),
        ),
        (
            "malformed",
            "-H 'Authorization: Bearer'".to_owned(),
            401,
            unknown.clone(),
        ),
        (
            "malformed",
            bearer("sk-mdl-of-no-such-form-0123"),
            401,
            unknown.clone(),
        ),
        (
            "unknown",
            bearer("sk-nobody-ever-made-it-0123"),
            401,
            unknown.clone(),
        ),
        ("expired", bearer(&expired_secret), 401, known(&expired)),
        // Memory now serves the refusal.
        ("expired", bearer(&expired_secret), 401, known(&expired)),
        ("revoked", bearer(&revoked_secret), 401, known(&revoked)),
        (
            "organization",
            bearer(&reader_secret) + " -H 'OpenAI-Organization: other'",
            401,
            known(&reader),
        ),
        (
            "project",
            bearer(&reader_secret) + " -H 'OpenAI-Project: other'",
            401,
            known(&reader),
        ),
        (
            "role",
            bearer(&reader_secret) + " -X DELETE",
            403,
            known(&reader),
        ),
    ] {
        let agent = "-A 'tool/1.0' -H 'X-Forwarded-For: 192.0.2.1, 198.51.100.7'";
        let response = request(&service, "/v1/models/m", &format!("{options} {agent}"));
        let id = header(&response, "x-request-id");
        let line = line(&service, |line| line["request_id"] == id.as_str());
        assert_eq!(line["reason"], reason, "{line}");
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(
            (line["key_id"].clone(), line["organization"].clone()),
            key,
            "{line}"
        );
        assert_eq!(line["client"], "198.51.100.7", "{line}");
        assert_eq!(line["user_agent"], "tool/1.0", "{line}");
        assert!(line["bytes"].is_u64() && line["ms"].is_f64(), "{line}");
        let digits = line["ms"].to_string();
        let digits = digits.split_once('.').map_or(0, |(_, digits)| digits.len());
        assert!(digits <= 3, "{line}");
        if ["unknown", "expired", "revoked"].contains(&reason) {
            bodies.push(without_the_key(&response));
        }
    }
    bodies.dedup();
    assert_eq!(
        bodies.len(),
        1,
        "the client cannot tell the reasons apart: {bodies:?}"
    );
}

#[test]
fn text_from_a_client_is_bounded_and_escaped() {
    let program = with_acme();
    let service = program.serve();
    let long = "a".repeat(3_000);
    request(
        &service,
        &format!("/v1/models/{long}"),
        &format!("-A \"$(printf '\\302\\233\\t{long}')\""),
    );
    let line = line(&service, |line| line["status"] == 401);
    let length = |name: &str| line[name].as_str().unwrap().chars().count();
    assert_eq!(
        (length("path"), length("user_agent")),
        (1_025, 254 + 6 + 5 + 1)
    );
    assert!(
        line["user_agent"]
            .as_str()
            .unwrap()
            .starts_with("\\u{9b}\\u{9}aaa"),
        "{line}"
    );
}

/// Sends these bytes, and returns the received bytes.
fn send(service: &Serving, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(&service.address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut response = vec![];
    // The connection may end with a reset after the response.
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

#[test]
fn an_unreadable_request_is_logged_with_the_id_of_its_response() {
    let program = with_acme().with("MODELS__LIMITS__HEAD_TIMEOUT", "1");
    let service = program.serve();
    let head = "GET /v1/models HTTP/1.1\r\nHost: models\r\n";
    for (status, reason, bytes) in [
        (400, json!("unreadable"), "\x16\x03\x01\r\n\r\n".to_owned()),
        (
            400,
            json!("unreadable"),
            format!("{head}sk-mdl-abc\r\n\r\n"),
        ),
        (
            400,
            json!("unreadable"),
            format!("{head}Transfer-Encoding: chunked\r\n\r\nsk-mdl-abc\r\n"),
        ),
        (408, Value::Null, head.to_owned()),
    ] {
        let response = send(&service, bytes.as_bytes());
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}")),
            "{response}"
        );
        if response.matches("HTTP/1.1").count() > 1 {
            continue;
        }
        let id = header(&response, "x-request-id");
        let line = line(&service, |line| line["request_id"] == id.as_str());
        assert_eq!(
            (&line["status"], &line["reason"]),
            (&json!(status), &reason),
            "{line}"
        );
        assert_eq!(
            (&line["level"], &line["client"]),
            (&json!("INFO"), &json!("127.0.0.1")),
            "{line}"
        );
    }
}
