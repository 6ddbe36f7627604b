//! The limit on the log lines of refusals.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::reading::{TIMEOUT, key, with_acme};
use crate::program::Serving;

/// Sends this number of requests on each of several connections, as fast as the service reads them. Returns their total
/// number.
fn flood(service: &Serving, request: &str, requests: usize) -> usize {
    const CONNECTIONS: usize = 4;
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let stream = TcpStream::connect(&service.address).unwrap();
                let (mut reader, mut writer) = (stream.try_clone().unwrap(), stream);
                let reading = thread::spawn(move || {
                    let mut buffer = vec![0; 1 << 16];
                    while reader.read(&mut buffer).is_ok_and(|length| length > 0) {}
                });
                for _ in 0..requests {
                    if writer.write_all(request.as_bytes()).is_err() {
                        break;
                    }
                }
                let _ = writer.shutdown(Shutdown::Write);
                reading.join().unwrap();
            });
        }
    });
    CONNECTIONS * requests
}

/// The length of these lines with their line ends, in bytes.
fn length(log: &[Value]) -> usize {
    log.iter().map(|line| line.to_string().len() + 1).sum()
}

/// The control: the service logs all successful responses if the operator demands it.
#[test]
fn a_client_without_a_key_cannot_fill_the_log() {
    const LONGEST_LINE: usize = 700;
    let program = with_acme().with("MODELS__LIMITS__IDLE_TIMEOUT", "60");
    let (_, secret) = key(&program, &["--role", "reader"]);
    let service = program.serve();
    let request = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: models\r\nX-A: {}\r\n\r\n",
            "a".repeat(70)
        )
    };
    let (unknown, list) = (request("/v2/nothing"), request("/v1/models"));
    let began = Instant::now();
    let sent = flood(&service, &unknown, 5_000) + flood(&service, &list, 5_000);
    let refused = |line: &&Value| {
        line["status"] == 404 || line["status"] == 401 || line["reason"] == "missing"
    };
    // Each refusal has a line, or is counted as left out.
    let log = loop {
        let log = service.log();
        let lines = log.iter().filter(refused);
        let counts = lines.map(|line| line["left_out"].as_u64().unwrap_or(1));
        if counts.sum::<u64>() == sent as u64 {
            break log;
        }
        assert!(
            began.elapsed() < 4 * TIMEOUT,
            "{:?}",
            log.iter().filter(refused).collect::<Vec<_>>()
        );
        sleep(Duration::from_millis(50));
    };
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap() + 2;
    let most = 2 * seconds * (20 + 1) * LONGEST_LINE;
    println!(
        "{sent} refused requests in {seconds} s: {} bytes of log, at most {most}",
        length(&log)
    );
    assert!(length(&log) <= most, "{}", length(&log));
    assert!(log.iter().any(|line| line["left_out"].as_u64() > Some(100)));
    drop(service);

    let program = program.with("MODELS__LOG__REQUESTS", "all");
    let service = program.serve();
    let good = list.replace("X-A: ", &format!("Authorization: Bearer {secret}\r\nX-A: "));
    let sent = flood(&service, &good, 500);
    let began = Instant::now();
    while service
        .log()
        .iter()
        .filter(|line| line["status"] == 200)
        .count()
        < sent
    {
        assert!(began.elapsed() < TIMEOUT);
        sleep(Duration::from_millis(50));
    }
    assert!(length(&service.log()) > sent * good.len());
}
