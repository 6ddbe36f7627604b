//! Log lines about an address that sends incorrect keys, and about an untrusted gateway.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{Program, Serving, shell};

/// The longest time until a line is in the log.
const TIMEOUT: Duration = Duration::from_secs(30);

fn status(service: &Serving, key: &str, forwarded_for: &str) -> String {
    let address = &service.address;
    shell(&format!(
        "curl -s -o /dev/null -w '%{{http_code}}' -H 'Authorization: Bearer {key}' \
         -H 'X-Forwarded-For: {forwarded_for}' 'http://{address}/v1/models'"
    ))
}

fn lines(service: &Serving, message: &str) -> Vec<Value> {
    let log = service.log();
    let is_sought = |line: &Value| {
        let text = line["message"].as_str().unwrap_or_default();
        text.contains(message)
    };
    log.into_iter().filter(is_sought).collect()
}

/// Waits for a line with this message, and returns all such lines.
fn wait_for(service: &Serving, message: &str) -> Vec<Value> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let found = lines(service, message);
        if !found.is_empty() {
            return found;
        }
        assert!(Instant::now() < deadline, "{:?}", service.log());
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_log_names_an_address_with_too_many_incorrect_keys_once_a_minute() {
    let program = Program::on_sqlite()
        .with("MODELS__SERVER__TRUSTED_PROXIES", "127.0.0.1")
        .with("MODELS__LIMITS__FAILED_AUTHENTICATIONS_PER_MINUTE", "2");
    let service = program.serve();
    for number in 0..8 {
        let key = format!("not-a-key-{number}");
        assert_eq!(status(&service, &key, "192.0.2.7"), "401");
    }
    let warned = wait_for(&service, "too many incorrect API keys");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!(
        (&warned[0]["level"], &warned[0]["client"]),
        (&"WARN".into(), &"192.0.2.7".into())
    );
    assert!(lines(&service, "an untrusted peer").is_empty());
}

#[test]
fn the_log_warns_once_of_an_untrusted_gateway() {
    let program = Program::on_sqlite();
    let service = program.serve();
    for number in 0..3 {
        status(&service, &format!("not-a-key-{number}"), "192.0.2.7");
    }
    let warned = wait_for(&service, "an untrusted peer");
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert_eq!(warned[0]["peer"], "127.0.0.1");
    let message = warned[0]["message"].to_string();
    assert!(message.contains("`server.trusted_proxies`"), "{message}");
}
