//! Requests that offer another protocol.

use std::time::Duration;

use models_core::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::text::{TIMEOUT, request};
use crate::service::TestService;
use crate::service::client::Response;

/// The headers that the HTTP client of the JDK sends to every URL without TLS, because it offers HTTP/2 by default.
const JDK: &str = "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: \
    AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\nUpgrade: h2c\r\nUser-Agent: Java-http-client/17.0.15\r\n";

pub async fn an_upgrade_is_ignored(service: TestService) {
    let acme = service.organization("acme").await;
    let ids = ["a", "b", "c", "d", "e"];
    service.models(Some(&acme), &ids.map(|id| (id, 1))).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let token = owner.token.as_ref().unwrap();
    let with = |method: &str, id: &str, more: &str| {
        request(method, &format!("/v1/models/{id}"), token, more)
    };
    let jdk = |method: &str, id: &str| with(method, id, &format!("{JDK}Content-Length: 0\r\n"));
    let unknown = "Upgrade: foo/2\r\nConnection: keep-alive, uPgRaDe\r\n";
    let requests = [
        (jdk("GET", "a"), 200),
        (jdk("DELETE", "a"), 200),
        (
            with("DELETE", "b", &format!("{JDK}Content-Length: 2\r\n")) + "{}",
            200,
        ),
        (with("DELETE", "c", JDK), 200),
        (with("GET", "d", JDK), 200),
        (with("GET", "a", unknown), 404),
        (with("GET", "d", unknown), 200),
        (with("GET", "d", "Upgrade: h2c\r\n"), 200),
        (
            with(
                "GET",
                "d",
                "Connection: upgrade\r\nConnection: HTTP2-Settings\r\n",
            ),
            200,
        ),
        (with("DELETE", "d", unknown), 200),
    ];
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    for (bytes, status) in requests {
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        while !response.ends_with(b"}") {
            let read = timeout(TIMEOUT, stream.read_buf(&mut response)).await;
            assert!(matches!(read, Ok(Ok(1..))), "{read:?} to {bytes}");
        }
        let response = Response::parse(&response);
        assert_eq!(response.status, status, "{bytes}");
        let about = ["connection", "upgrade"].map(|name| response.header(name));
        assert_eq!(about, [None, None], "{bytes}");
    }
    for id in ["a", "b", "c", "d"] {
        assert_eq!(owner.get(&format!("/v1/models/{id}")).await.status, 404);
    }
}

/// The service cannot ignore an upgrade that arrives in pieces. Its response then announces that it is the last one.
pub async fn an_upgrade_in_pieces_closes_the_connection(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("a", 1), ("b", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let token = owner.token.as_ref().unwrap();
    for (method, id) in [("GET", "a"), ("DELETE", "a"), ("GET", "a"), ("DELETE", "b")] {
        let bytes = request(method, &format!("/v1/models/{id}"), token, JDK);
        let cut = bytes.find("pgrade").unwrap();
        let mut stream = TcpStream::connect(service.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(&bytes.as_bytes()[..cut]).await.unwrap();
        sleep(Duration::from_millis(50)).await;
        stream.write_all(&bytes.as_bytes()[cut..]).await.unwrap();
        let mut response = Vec::new();
        let read = timeout(TIMEOUT, stream.read_to_end(&mut response)).await;
        read.unwrap().unwrap();
        let response = Response::parse(&response);
        assert_eq!(response.header("connection"), Some("close"), "{response:?}");
        assert!(matches!(response.status, 200 | 404), "{response:?}");
    }
    assert_eq!(
        owner.get("/v1/models").await.json()["data"],
        serde_json::json!([])
    );
}
