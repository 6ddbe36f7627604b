//! Bytes that no SDK sends. Each probe lists the expected statuses of all responses on its connection, and whether the
//! service closes the connection after them.

use std::time::Duration;

use models_core::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::service::TestService;
use crate::service::client::exchange;

/// The placeholder of a valid key in the probes below.
const KEY: &str = "{key}";

struct Probe {
    name: &'static str,
    bytes: Vec<u8>,
    statuses: Vec<u16>,
    closes: bool,
}

/// A probe whose connection stays open after the responses.
fn open(name: &'static str, request: impl AsRef<[u8]>, statuses: &[u16]) -> Probe {
    Probe {
        name,
        bytes: request.as_ref().to_vec(),
        statuses: statuses.to_vec(),
        closes: false,
    }
}

/// A probe whose connection the service closes after the responses.
fn closed(name: &'static str, request: impl AsRef<[u8]>, statuses: &[u16]) -> Probe {
    Probe {
        closes: true,
        ..open(name, request, statuses)
    }
}

/// A valid request with these additional header lines.
fn get(more: &str) -> String {
    target("GET", "/v1/models/a", more)
}

fn target(method: &str, target: &str, more: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n{more}\r\n")
}

fn chunks(count: usize) -> String {
    format!("1000\r\n{}\r\n", "x".repeat(0x1000)).repeat(count) + "0\r\n\r\n"
}

#[rustfmt::skip]
fn request_lines() -> Vec<Probe> {
    vec![
        open("a plain request", get(""), &[200]),
        open("an empty connection", "", &[]),
        open("empty lines before the request", format!("\r\n\r\n{}", get("")), &[200]),
        closed("binary", b"\x00\x01\x02\r\n\r\n", &[400]),
        closed("no HTTP", "BAD\r\n\r\n", &[400]),
        closed("HTTP/0.9", "GET /v1/models/a\r\n\r\n", &[400]),
        closed("HTTP/1.0", get("").replace("HTTP/1.1", "HTTP/1.0"), &[200]),
        open("HTTP/1.0 kept alive", get("Connection: keep-alive\r\n").replace("HTTP/1.1", "HTTP/1.0"), &[200]),
        closed("HTTP/1.2", get("").replace("HTTP/1.1", "HTTP/1.2"), &[400]),
        closed("HTTP/2.0", get("").replace("HTTP/1.1", "HTTP/2.0"), &[400]),
        closed("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[400]),
        open("an absolute target", target("GET", "http://elsewhere/v1/models/a", ""), &[200]),
        open("an absolute target with a bad port", target("GET", "http://elsewhere:x/v1/models/a", ""), &[200]),
        closed("an authority as the target", target("CONNECT", "elsewhere:80", ""), &[404]),
        open("an asterisk as the target", target("OPTIONS", "*", ""), &[404]),
        open("an asterisk and GET", target("GET", "*", ""), &[404]),
        closed("a target without a slash", target("GET", "v1/models", ""), &[400]),
        closed("an empty target", target("GET", "", ""), &[400]),
        closed("a space in the target", target("GET", "/v1/models/a b", ""), &[400]),
        closed("a tab in the target", target("GET", "/v1/models/a\tb", ""), &[400]),
        open("a fragment, which is no part of a target", target("GET", "/v1/models/a#b", ""), &[200]),
        closed("raw UTF-8 in the target", target("GET", "/v1/models/é", ""), &[400]),
        closed("raw bytes in the target", b"GET /v1/models/\xff HTTP/1.1\r\nHost: x\r\n\r\n", &[400]),
        closed("characters that must be escaped", target("GET", "/v1/models/\"<>^`{|}\\", ""), &[400]),
        closed("DEL in the target", target("GET", "/v1/models/\x7f", ""), &[400]),
        open("a long target", target("GET", &format!("/v1/models/{}", "a".repeat(16_000)), ""), &[404]),
        closed("a target that is longer than a head may be", target("GET", &format!("/v1/models/{}", "a".repeat(60_000)), ""), &[431]),
        closed("a target that is too long", target("GET", &format!("/v1/models/{}", "a".repeat(70_000)), ""), &[431]),
        open("a method in lower case", target("get", "/v1/models/a", ""), &[405]),
        open("an unknown method", target("FOO", "/v1/models/a", ""), &[405]),
        open("a long method", target(&"G".repeat(5_000), "/v1/models/a", ""), &[405]),
        closed("a method with a bad character", target("G@T", "/v1/models/a", ""), &[400]),
        open("TRACE", target("TRACE", "/v1/models/a", ""), &[405]),
    ]
}

#[rustfmt::skip]
fn headers() -> Vec<Probe> {
    let many = |count: usize| "X-A: a\r\n".repeat(count);
    vec![
        closed("no Host", get("").replace("Host: x\r\n", ""), &[400]),
        closed("two Hosts", get("Host: y\r\n"), &[400]),
        open("two Authorizations", get("Authorization: Bearer x\r\n"), &[400]),
        open("two Authorizations in other letters", get("aUTHORIZATION: Bearer x\r\n"), &[400]),
        open("line feeds alone", get("").replace("\r\n", "\n"), &[200]),
        closed("carriage returns alone", get("").replace("\r\n", "\r"), &[400]),
        closed("a folded line", get("X-A: b\r\n c\r\n"), &[400]),
        closed("a space before the colon", get("X-A : b\r\n"), &[400]),
        closed("an empty name", get(": b\r\n"), &[400]),
        closed("a space in a name", get("X A: b\r\n"), &[400]),
        closed("no colon", get("XA\r\n"), &[400]),
        closed("NUL in a value", get("X-A: a\0b\r\n"), &[400]),
        closed("a control character in a value", get("X-A: a\x01b\r\n"), &[400]),
        open("bytes above ASCII in a value", get("X-A: é\r\n"), &[200]),
        open("90 headers", get(&many(90)), &[200]),
        closed("97 headers", get(&many(97)), &[431]),
        open("a head of 16 kB", get(&format!("X-A: {}\r\n", "a".repeat(16_000))), &[200]),
        open("a head of 20 kB", get(&format!("X-A: {}\r\n", "a".repeat(20_000))), &[431]),
        closed("a head of 140 kB", get(&format!("X-A: {}\r\n", "a".repeat(140_000))), &[431]),
        open("an id of the client's that is not ASCII", get("X-Client-Request-Id: é\r\n"), &[400]),
        open("an id of the client's that is too long", get(&format!("X-Client-Request-Id: {}\r\n", "a".repeat(513))), &[400]),
        closed("an upgrade to WebSocket", get("Connection: Upgrade\r\nUpgrade: websocket\r\n"), &[200]),
        open("an upgrade to HTTP/2", get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n"), &[200]),
        closed("an unknown expectation", get("Expect: nonsense\r\n"), &[200]),
    ]
}

#[rustfmt::skip]
fn framing() -> Vec<Probe> {
    let length = |value: &str| get(&format!("Content-Length: {value}\r\n"));
    let coding = |value: &str| get(&format!("Transfer-Encoding: {value}\r\n"));
    vec![
        open("a length of 0", length("0"), &[200]),
        open("a body", length("5") + "hello", &[200]),
        open("a body, and another request", length("5") + "hello" + &get(""), &[200, 200]),
        closed("a negative length", length("-1"), &[400]),
        closed("a length with a sign", length("+5") + "hello", &[400]),
        closed("a length in hexadecimal", length("0x5") + "hello", &[400]),
        closed("a list of lengths", length("5, 5") + "hello", &[400]),
        closed("the same length twice", get("Content-Length: 5\r\nContent-Length: 5\r\n") + "hello", &[400]),
        closed("two lengths", get("Content-Length: 5\r\nContent-Length: 6\r\n") + "hello", &[400]),
        closed("a length of 20 digits", length("99999999999999999999"), &[400]),
        closed("a length that is too large", length("70000"), &[413]),
        closed("a body that is too large", length("70000") + &"x".repeat(70_000), &[413]),
        closed("a body in chunks", coding("chunked") + "5\r\nhello\r\n0\r\n\r\n", &[200]),
        closed("a long body in chunks", coding("chunked") + &chunks(40), &[200]),
        closed("chunks with extensions", coding("chunked") + "5;a=b\r\nhello\r\n0\r\n\r\n", &[200]),
        closed("malformed chunks", coding("chunked") + "zz\r\nhello\r\n0\r\n\r\n", &[400]),
        closed("chunks and a length", get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n", &[400]),
        closed("a length and chunks", get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", &[400]),
        closed("chunked twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", &[400]),
        closed("the identity coding", coding("identity"), &[400]),
        closed("the gzip coding", coding("gzip"), &[400]),
        closed("gzip and chunked", coding("gzip, chunked") + "0\r\n\r\n", &[400]),
        closed("almost chunked", coding("xchunked") + "0\r\n\r\n", &[400]),
        closed("chunked behind a vertical tab", coding("\x0bchunked") + "0\r\n\r\n", &[400]),
        closed("chunks in HTTP/1.0", coding("chunked").replace("HTTP/1.1", "HTTP/1.0") + "0\r\n\r\n", &[400]),
        closed("an expectation of 100", get("Expect: 100-continue\r\nContent-Length: 5\r\n") + "hello", &[100, 200]),
    ]
}

#[rustfmt::skip]
fn pipelines() -> Vec<Probe> {
    vec![
        open("two requests", get("") + &get(""), &[200, 200]),
        open("twenty requests", get("").repeat(20), &[200; 20]),
        open("failures and successes in turn", target("GET", "/x", "") + &get("") + &target("PUT", "/v1/models", "") + &get(""), &[404, 200, 405, 200]),
        closed("a valid request and a malformed one", get("") + "BAD\r\n\r\n", &[200, 400]),
        closed("a malformed request and a valid one", "BAD\r\n\r\n".to_owned() + &get(""), &[400]),
        open("HEAD and GET", target("HEAD", "/v1/models/a", "") + &get(""), &[200, 200]),
        open("a refused HEAD and GET", target("HEAD", "/x", "") + &get(""), &[404, 200]),
        open("DELETE with a body, and GET", target("DELETE", "/v1/models/a", "Content-Length: 2\r\n") + "{}" + &get(""), &[403, 200]),
        closed("HTTP/1.0 kept alive, and then no HTTP", get("Connection: keep-alive\r\n").replace("HTTP/1.1", "HTTP/1.0") + "BAD\r\n\r\n", &[200, 400]),
        closed("Connection: close", get("Connection: close\r\n"), &[200]),
        closed("Connection: close, and another request behind it", get("Connection: close\r\n") + &get(""), &[200]),
        closed("two requests, the last with Connection: close", get("") + &get("Connection: close\r\n"), &[200, 200]),
    ]
}

pub async fn every_probe_has_its_expected_responses(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("a", 1)]).await;
    let caller = service.caller(&acme, Role::Reader).await;
    let key = caller.token.as_ref().unwrap();
    let probes: Vec<Probe> = [request_lines(), headers(), framing(), pipelines()]
        .into_iter()
        .flatten()
        .collect();
    let count = probes.len();
    let probing = probes.into_iter().map(|probe| {
        let bytes = with_key(&probe.bytes, key);
        let address = service.address;
        async move {
            (
                probe,
                exchange(address, &bytes, Duration::from_millis(1_500)).await,
            )
        }
    });
    for (probe, (response, closes)) in futures_util::future::join_all(probing).await {
        let text = String::from_utf8_lossy(&response);
        assert_eq!(statuses(&text), probe.statuses, "{}: {text}", probe.name);
        assert_eq!(closes, probe.closes, "{}: {text}", probe.name);
        let errors = probe
            .statuses
            .iter()
            .filter(|status| **status >= 400)
            .count();
        let heads = probe
            .bytes
            .windows(5)
            .filter(|window| window == b"HEAD ")
            .count();
        let envelopes = text.matches("{\"error\":{\"message\":").count();
        assert!(
            envelopes == errors || (heads > 0 && envelopes == errors - 1),
            "{}: {text}",
            probe.name
        );
        let ids = text.matches("\r\nx-request-id: ").count();
        let responses = probe
            .statuses
            .iter()
            .filter(|status| **status >= 200)
            .count();
        assert_eq!(ids, responses, "{}: {text}", probe.name);
    }
    println!("{count} probes");
}

fn with_key(bytes: &[u8], key: &str) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.replace(KEY, key).into_bytes(),
        Err(_) => bytes.to_vec(),
    }
}

/// The statuses of all responses. No line of a JSON body begins like a response.
fn statuses(text: &str) -> Vec<u16> {
    text.match_indices("HTTP/1.")
        .map(|(start, _)| text[start + 9..start + 12].parse().unwrap())
        .collect()
}

/// The slow head is the first of its connection, or follows a response.
pub async fn a_slow_head_is_a_408(service: TestService) {
    let first = slow_head(&service, "");
    let second = slow_head(&service, "GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    let (first, second) = tokio::join!(first, second);
    for text in [first, second] {
        assert!(
            text.starts_with("HTTP/1.1 408 ")
                && text.contains("\"type\":\"invalid_request_error\""),
            "{text}"
        );
        assert!(
            text.contains("\r\nx-request-id: req_") && text.contains("connection: close"),
            "{text}"
        );
    }
}

/// Sends the request `before`, if it is not empty, and waits for its response. Then sends the beginning of another
/// request, and returns the response to that.
async fn slow_head(service: &TestService, before: &str) -> String {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    stream.write_all(before.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !before.is_empty() && !response.ends_with(b"}") {
        stream.read_buf(&mut response).await.unwrap();
    }
    response.clear();
    stream.write_all(b"GET /v1/mod").await.unwrap();
    timeout(Duration::from_secs(20), stream.read_to_end(&mut response))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(response).unwrap()
}
