//! Clients that send many bytes and read nothing.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::program::{Program, Serving};

const CONNECTIONS: usize = 100;
const SENT: usize = 256 << 10;
/// The largest memory of a connection, in bytes.
const MOST: u64 = 256 << 10;

/// Opens many connections that send as much of these bytes as the service accepts, and read nothing. Returns the growth
/// of the process's memory, in bytes.
fn growth(service: &Serving, address: &str, bytes: &[u8]) -> u64 {
    let before = service.peak_memory();
    let mut streams = vec![];
    for _ in 0..CONNECTIONS {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nonblocking(true).unwrap();
        streams.push((stream, bytes));
    }
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        for (stream, rest) in &mut streams {
            match stream.write(rest) {
                Ok(written) => *rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // The service has refused the request.
                Err(_) => *rest = &[],
            }
        }
        sleep(Duration::from_millis(10));
    }
    service.peak_memory() - before
}

#[test]
fn clients_that_send_much_and_read_nothing_take_little_memory() {
    let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let create = "key create --organization acme --role reader --name ci";
    let key = program.json(&create.split(' ').collect::<Vec<_>>());
    let key = key["value"].as_str().unwrap();
    let service = program.serve();
    let plain = "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n";
    let with_key =
        format!("GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n");
    let many = |request: &str| request.repeat(SENT / request.len());
    let head = "GET /v1/models HTTP/1.1\r\nHost: x\r\nX-A: ";
    let (api, operations) = (&service.address, &service.operations);
    for (name, address, bytes) in [
        ("requests without a key", api, many(plain)),
        ("requests with a key", api, many(&with_key)),
        (
            "a head without an end",
            api,
            head.to_owned() + &"a".repeat(120 << 10),
        ),
        (
            "a body without an end",
            api,
            head.replace("X-A: ", "Transfer-Encoding: chunked\r\n\r\n") + &many("1\r\nx\r\n"),
        ),
        ("empty lines", api, many("\r\n")),
        (
            "metrics",
            operations,
            many(&plain.replace("/v1/models", "/metrics")),
        ),
    ] {
        let grown = growth(&service, address, bytes.as_bytes());
        println!(
            "{name}: {} KiB for each connection",
            grown / CONNECTIONS as u64 / 1024
        );
        assert!(grown < CONNECTIONS as u64 * MOST, "{name}: {grown}");
    }
}
