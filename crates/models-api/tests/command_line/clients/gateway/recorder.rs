//! Servers in place of nodes, which record requests.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::haproxy::{Gateway, NODES};

const READY: &str = "/health/ready";
const LIVE: &str = "/health/live";
/// For this path, a server reads the request and closes the connection.
pub const DROPPED: &str = "/dropped";

/// A server in place of a node. It records the head of each request.
#[derive(Clone)]
pub struct Recorder {
    port: String,
    heads: Arc<Mutex<Vec<String>>>,
    /// Whether its readiness check fails.
    pub is_unready: Arc<AtomicBool>,
    /// Whether its liveness check fails.
    pub is_dead: Arc<AtomicBool>,
}

impl Recorder {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let recorder = Self {
            port: listener.local_addr().unwrap().port().to_string(),
            heads: Arc::default(),
            is_unready: Arc::default(),
            is_dead: Arc::default(),
        };
        let recording = recorder.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let recording = recording.clone();
                thread::spawn(move || recording.respond(&stream.unwrap()));
            }
        });
        recorder
    }

    fn respond(&self, mut stream: &TcpStream) {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let Some(first) = head.first() else { return };
        let is_bad = match first.split(' ').nth(1) {
            Some(READY) => self.is_unready.load(Ordering::Acquire),
            Some(LIVE) => self.is_dead.load(Ordering::Acquire),
            _ => false,
        };
        if is_bad {
            let response = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(response);
            return;
        }
        if !first.contains("/health/") {
            self.heads.lock().unwrap().push(head.join("\n"));
        }
        if !first.contains(DROPPED) {
            let response = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            // The gateway may have closed the connection.
            let _ = stream.write_all(response);
        }
    }
}

/// A gateway before recorders.
pub struct Recorded {
    pub gateway: Gateway,
    pub recorders: [Recorder; NODES],
}

impl Recorded {
    pub fn start() -> Self {
        let recorders = std::array::from_fn(|_| Recorder::start());
        let nodes = recorders.each_ref().map(|recorder| {
            let port = &recorder.port;
            (format!("127.0.0.1:{port}"), port.clone())
        });
        Self {
            gateway: Gateway::before(&nodes),
            recorders,
        }
    }

    pub fn heads(&self, path: &str) -> Vec<String> {
        self.heads_of_each(path).concat()
    }

    pub fn heads_of_each(&self, path: &str) -> [Vec<String>; NODES] {
        self.recorders.each_ref().map(|recorder| {
            let heads = recorder.heads.lock().unwrap();
            let has_path = |head: &&String| head.split(' ').nth(1) == Some(path);
            heads.iter().filter(has_path).cloned().collect()
        })
    }
}
