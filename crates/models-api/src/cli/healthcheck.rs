//! `healthcheck`: a readiness probe for container images without curl.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::terminal::{Failure, Output};
use crate::server::operations::READY;
use crate::settings::Settings;

const TIMEOUT: Duration = Duration::from_secs(3);

pub(super) fn run(output: Output) -> Result<(), Failure> {
    let settings = Settings::load()?.operations;
    let (host, port) = (settings.host.as_str(), settings.port);
    let response = (host, port)
        .to_socket_addrs()
        .and_then(|mut found| {
            let none = || std::io::Error::other("the host has no address");
            fetch(reachable(found.next().ok_or_else(none)?))
        })
        .map_err(|error| {
            format!("no response from {host}:{port}: {error} (settings `operations.host` and `operations.port`)")
        })?;
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    if head.split(' ').nth(1) != Some("200") {
        return Err(format!("the service at {host}:{port} is not ready: {body}").into());
    }
    let body: serde_json::Value = serde_json::from_str(body)?;
    output.object(&body, || "The service is ready.".to_owned())
}

/// Replaces an unspecified address, on which a socket listens for all addresses, with the loopback address.
pub(super) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn fetch(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let request = format!("GET {READY} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    Ok(response)
}
