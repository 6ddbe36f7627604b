//! A local `haproxy` with the shipped configuration, and a client.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/haproxy.cfg");
/// The gateway's timeout for a head and for a body.
pub const TIMEOUT: Duration = Duration::from_secs(10);
pub const NODES: usize = 3;

pub struct Gateway {
    pub address: String,
    process: Child,
    log: NamedTempFile,
}

impl Gateway {
    /// Starts a gateway before these nodes. Each node is an address and the port of its health checks.
    pub fn before(nodes: &[(String, String); NODES]) -> Self {
        // Another process may take the port first.
        let mut tries = (0..5).map(|_| Self::start(nodes));
        let gateway = tries.find_map(Result::ok);
        gateway.unwrap_or_else(|| panic!("{:?}", Self::start(nodes).err()))
    }

    fn start(nodes: &[(String, String); NODES]) -> Result<Self, String> {
        let log = NamedTempFile::new().unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        drop(socket);
        let mut command = Command::new("haproxy");
        command
            .args(["-f", CONFIG])
            .env("GATEWAY_BIND", &address)
            .stdout(log.reopen().unwrap())
            .stderr(log.reopen().unwrap());
        for (number, (node, check_port)) in (1..).zip(nodes) {
            command.env(format!("APP{number}_ADDR"), node);
            command.env(format!("APP{number}_CHECK_PORT"), check_port);
        }
        let process = command.spawn().unwrap_or_else(|error| {
            panic!("haproxy (Debian and Ubuntu: apt-get install haproxy): {error}")
        });
        let mut gateway = Self {
            address,
            process,
            log,
        };
        let deadline = Instant::now() + TIMEOUT;
        loop {
            if gateway.process.try_wait().unwrap().is_some() || Instant::now() > deadline {
                return Err(gateway.log());
            }
            if TcpStream::connect(&gateway.address).is_ok()
                && !gateway.get("/", "").starts_with("HTTP/1.1 503")
            {
                return Ok(gateway);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    pub fn get(&self, path: &str, headers: &str) -> String {
        get(&self.address, path, headers)
    }

    pub fn request(&self, method: &str, path: &str, headers: &str) -> String {
        request(&self.address, method, path, headers)
    }
}

pub fn get(address: &str, path: &str, headers: &str) -> String {
    request(address, "GET", path, headers)
}

/// Sends a request, and returns the whole response.
pub fn request(address: &str, method: &str, path: &str, headers: &str) -> String {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: models\r\nConnection: close\r\n{headers}\r\n");
    send(address, &request)
}

/// Sends these bytes, and returns the received bytes until the connection closes.
pub fn send(address: &str, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(3 * TIMEOUT)).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
