//! A client that sends just what it is told to, byte for byte.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The message of an error, whose envelope must be whole.
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

    /// The last answer on a connection: all that follows its head is its body.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no whole head in {text:?}"));
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

/// Sends one request on a connection of its own.
pub async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    send_raw(address, request(method, path, headers).as_bytes()).await
}

/// The same, for an answer whose body is no text: its head, and the body.
pub async fn send_for_bytes(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (Answer, Vec<u8>) {
    let request = request(method, path, headers);
    let (bytes, _) = exchange(address, request.as_bytes(), Duration::from_mins(1)).await;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = bytes.split_at(end.unwrap() + 4);
    (Answer::parse(head), body.to_vec())
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: models\r\nConnection: close\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    request + "\r\n"
}

/// Sends these bytes and reads until the server closes.
pub async fn send_raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    Answer::parse(&exchange(address, bytes, Duration::from_mins(1)).await.0)
}

/// Sends these bytes and reads until the server closes or is silent for so long: what it sent, and
/// whether it closed.
pub async fn exchange(address: SocketAddr, bytes: &[u8], patience: Duration) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // One that refuses a request early may close before it has read all.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    loop {
        match timeout(patience, stream.read_buf(&mut answer)).await {
            Ok(Ok(1..)) => {}
            // A server that closes on bytes it has not read resets the connection.
            Ok(Ok(0) | Err(_)) => return (answer, true),
            Err(_) => return (answer, false),
        }
    }
}
