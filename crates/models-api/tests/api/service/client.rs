//! A client that sends exactly the given bytes.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A response.
#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns the error object. Fails if the envelope is not complete.
    pub fn error(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{self:?}"
        );
        let error = self.json()["error"].clone();
        let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "message", "param", "type"], "{self:?}");
        error
    }

    /// Parses the last response on a connection. Everything after the head is its body.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no complete head in {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self {
            status,
            headers: lines.map(header).collect(),
            body: body.to_owned(),
        }
    }
}

/// Sends one request on a new connection.
pub async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response {
    send_raw(address, request(method, path, headers).as_bytes()).await
}

/// Sends a POST with this body on a new connection.
pub async fn send_with_body(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Response {
    let request = request("POST", path, headers) + body;
    send_raw(address, request.as_bytes()).await
}

/// Sends one request, and returns the head of the response and its body as bytes.
pub async fn send_for_bytes(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (Response, Vec<u8>) {
    let request = request(method, path, headers);
    let (bytes, _) = exchange(address, request.as_bytes(), Duration::from_mins(1)).await;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.unwrap() + 4);
    (Response::parse(head), body.to_vec())
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: models\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    request + "\r\n"
}

/// Sends these bytes and reads until the server closes the connection.
pub async fn send_raw(address: SocketAddr, bytes: &[u8]) -> Response {
    Response::parse(&exchange(address, bytes, Duration::from_mins(1)).await.0)
}

/// Sends these bytes and reads until the server closes, or is silent for the time `patience`. Returns the received bytes,
/// and whether the server closed.
pub async fn exchange(address: SocketAddr, bytes: &[u8], patience: Duration) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that refuses a request early may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut response = Vec::new();
    loop {
        match timeout(patience, stream.read_buf(&mut response)).await {
            Ok(Ok(1..)) => {}
            // A server that closes with unread bytes resets the connection.
            Ok(Ok(0) | Err(_)) => return (response, true),
            Err(_) => return (response, false),
        }
    }
}
