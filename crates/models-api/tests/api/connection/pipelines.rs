//! Several requests on one connection: the requests that are executed, and their responses.

use std::time::Duration;

use models_core::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::text::{TIMEOUT, request, statuses};
use crate::service::TestService;
use crate::service::client::{Response, exchange};

/// Requests whose responses close the connection, each with a name and the status of the response.
fn closing(token: &str) -> Vec<(&'static str, String, u16)> {
    let get = |more: &str| request("GET", "/v1/models/kept", token, more);
    let chunks = "1000\r\n".to_owned() + &"x".repeat(0x1000) + "\r\n0\r\n\r\n";
    vec![
        ("Connection: close", get("Connection: close\r\n"), 200),
        (
            "Connection: close among other options",
            get("Connection: TE, close, upgrade\r\nUpgrade: h2c\r\n"),
            200,
        ),
        ("HTTP/1.0", get("").replace("HTTP/1.1", "HTTP/1.0"), 200),
        (
            "a refused body",
            get("Content-Length: 70000\r\n") + &"x".repeat(70_000),
            413,
        ),
        (
            "an expectation with a body",
            get("Expect: 100-continue\r\nContent-Length: 5\r\n") + "hello",
            200,
        ),
        ("an expectation", get("Expect: 100-continue\r\n"), 200),
        (
            "chunks",
            get("Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n",
            200,
        ),
        (
            "many chunks and a trailer",
            get("Transfer-Encoding: chunked\r\n")
                + &chunks.replace("0\r\n\r\n", "0\r\nX-A: b\r\n\r\n"),
            200,
        ),
        (
            "a coding that is not chunked",
            get("Transfer-Encoding: gzip\r\n"),
            400,
        ),
        (
            "a head of 140 kB",
            get(&format!("X-A: {}\r\n", "a".repeat(140_000))),
            431,
        ),
        (
            "a head of 40 kB",
            get(&format!("X-A: {}\r\n", "a".repeat(40_000))),
            431,
        ),
        (
            "an upgrade to WebSocket",
            get("Connection: Upgrade\r\nUpgrade: websocket\r\n"),
            200,
        ),
        ("CONNECT", request("CONNECT", "x:80", token, ""), 404),
        ("no HTTP", "BAD\r\n\r\n".to_owned(), 400),
    ]
}

/// The second request arrives in the same packet, or a moment later.
pub async fn requests_behind_a_closing_response_are_not_executed(service: TestService) {
    let acme = service.organization("acme").await;
    service
        .models(Some(&acme), &[("kept", 1), ("deleted", 1)])
        .await;
    let owner = service.caller(&acme, Role::Owner).await;
    let token = owner.token.as_ref().unwrap();
    let delete = |id: &str| request("DELETE", &format!("/v1/models/{id}"), token, "");
    for (name, first, status) in closing(token) {
        for pause in [None, Some(Duration::from_millis(20))] {
            let mut stream = TcpStream::connect(service.address).await.unwrap();
            let behind = delete("kept").repeat(3);
            let (now, later) = match pause {
                None => (first.clone() + &behind, String::new()),
                Some(_) => (first.clone(), behind),
            };
            // The service may already have closed the connection.
            let _ = stream.write_all(now.as_bytes()).await;
            if let Some(pause) = pause {
                sleep(pause).await;
                let _ = stream.write_all(later.as_bytes()).await;
            }
            let mut response = Vec::new();
            let read = timeout(TIMEOUT, stream.read_to_end(&mut response)).await;
            let text = String::from_utf8_lossy(&response);
            assert!(
                read.is_ok(),
                "{name}: the connection stays open after {text}"
            );
            assert_eq!(statuses(&text), [status], "{name} {pause:?}: {text}");
            let says_so = text.to_lowercase().contains("connection: close");
            assert!(says_so || text.starts_with("HTTP/1.0"), "{name}: {text}");
            let kept = owner.get("/v1/models/kept").await.status;
            assert_eq!(kept, 200, "{name} {pause:?}");
        }
    }
    // The control: a request behind a response that does not close the connection is executed.
    let both = request("GET", "/v1/models/kept", token, "") + &delete("deleted");
    let (response, _) = exchange(service.address, both.as_bytes(), Duration::from_secs(1)).await;
    let text = String::from_utf8_lossy(&response);
    assert_eq!(statuses(&text), [200, 200], "{text}");
    assert_eq!(owner.get("/v1/models/deleted").await.status, 404);
}

/// The requests arrive in one packet, byte by byte, or in pieces that do not end where a request ends. A late body closes
/// the connection, so requests in pieces have no bodies.
pub async fn pipelined_requests_get_responses_in_their_order(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("a", 1)]).await;
    let reader = service.caller(&acme, Role::Reader).await;
    let token = reader.token.as_ref().unwrap();
    let kinds = [
        (request("GET", "/v1/models/a", token, ""), 200),
        (request("GET", "/v1/models/b", token, ""), 404),
        (request("DELETE", "/v1/models/a", token, ""), 403),
        (
            request("PUT", "/v1/models/a", token, "Content-Length: 2\r\n") + "{}",
            405,
        ),
        (
            request("GET", "/v1/models/a", token, "Content-Length: 9\r\n") + "GET / HTT",
            200,
        ),
        (
            request("GET", "/v1/models/a", token, "").replace("\r\n", "\n"),
            200,
        ),
        (
            format!("\r\n{}", request("GET", "/v1/models", "sk-unknown", "")),
            401,
        ),
    ];
    for (count, piece, pause) in [(400, usize::MAX, 0), (14, 1, 0), (70, 7, 0), (21, 150, 5)] {
        let is_whole = piece == usize::MAX;
        let wanted = kinds.iter().cycle();
        let wanted = wanted.filter(|(bytes, _)| is_whole || !bytes.contains("Content-Length"));
        let wanted: Vec<_> = wanted.take(count).collect();
        let bytes: String = wanted.iter().map(|(bytes, _)| bytes.as_str()).collect();
        let expected: Vec<u16> = wanted.iter().map(|(_, status)| *status).collect();
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut read, mut write) = stream.split();
        let writing = async {
            for piece in bytes.as_bytes().chunks(piece.min(bytes.len())) {
                write.write_all(piece).await.unwrap();
                sleep(Duration::from_millis(pause)).await;
            }
        };
        let reading = async {
            let mut response = Vec::new();
            let mut found = vec![];
            while found.len() < count {
                let some = timeout(TIMEOUT, read.read_buf(&mut response)).await;
                let text = String::from_utf8_lossy(&response);
                assert!(matches!(some, Ok(Ok(1..))), "{some:?} after {text}");
                found = statuses(&text);
            }
            found
        };
        let ((), found) = tokio::join!(writing, reading);
        assert_eq!(found, expected, "pieces of {piece}");
    }
}

/// The peer sends all its requests and closes its side before it reads.
pub async fn a_half_closed_peer_gets_every_response(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("a", 1)]).await;
    let reader = service.caller(&acme, Role::Reader).await;
    let token = reader.token.as_ref().unwrap();
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let requests = request("GET", "/v1/models/a", token, "").repeat(100);
    stream.write_all(requests.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut response = String::new();
    let read = timeout(TIMEOUT, stream.read_to_string(&mut response)).await;
    read.unwrap().unwrap();
    assert_eq!(statuses(&response), [200; 100]);
}

/// Closing while the client still sends would reset the connection, and the client would lose the response.
pub async fn the_response_to_a_refused_body_arrives(service: TestService) {
    for _ in 0..10 {
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        let head = request("GET", "/v1/models", "sk-x", "Content-Length: 400000\r\n");
        let body = "x".repeat(400_000);
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        let mut response = Vec::new();
        timeout(TIMEOUT, stream.read_to_end(&mut response))
            .await
            .unwrap()
            .unwrap();
        let response = Response::parse(&response);
        assert_eq!(
            (response.status, response.header("connection")),
            (413, Some("close"))
        );
        response.error();
    }
}
