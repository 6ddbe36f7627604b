//! Sends requests and reads their log lines.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{Program, Serving, shell};

/// The longest time until a line is in the log.
pub const TIMEOUT: Duration = Duration::from_secs(30);

pub fn with_acme() -> Program {
    let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    program
}

pub fn key(program: &Program, more: &[&str]) -> (String, String) {
    let create = ["key", "create", "--organization", "acme", "--name", "n"];
    let key = program.json(&[&create[..], more].concat());
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    (text("id"), text("value"))
}

/// Sends a request with curl, and returns the response with its head.
pub fn request(service: &Serving, path: &str, options: &str) -> String {
    let address = &service.address;
    shell(&format!(
        "curl -si --path-as-is {options} 'http://{address}{path}'"
    ))
}

pub fn header(response: &str, name: &str) -> String {
    let line = response
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("{response}")).to_owned()
}

/// Waits for a line that matches, and returns the first.
pub fn line(service: &Serving, is_sought: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let log = service.log();
        if let Some(line) = log.iter().find(|line| is_sought(line)) {
            return line.clone();
        }
        assert!(Instant::now() < deadline, "{log:?}");
        sleep(Duration::from_millis(10));
    }
}
