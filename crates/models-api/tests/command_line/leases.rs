//! `lease show` and `lease set`, and processes whose settings differ from the lease in force.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Program, Serving};

const LEASE: &str = "MODELS__CONSISTENCY__LEASE";

fn shows(lease: Option<u64>, previous: Option<u64>, setting: u64) -> Value {
    json!({"lease_seconds": lease, "previous_lease_seconds": previous, "setting_seconds": setting})
}

/// Waits until a line of the log has this message.
fn logged(serving: &Serving, message: &str) -> Value {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let lines = serving.log();
        let line = lines.iter().find(|line| {
            line["message"]
                .as_str()
                .is_some_and(|text| text.contains(message))
        });
        if let Some(line) = line {
            return line.clone();
        }
        assert!(Instant::now() < deadline, "{message}: {lines:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn the_lease_is_the_databases(program: &Program) {
    program.run(&["migrate"]);
    assert_eq!(program.json(&["lease", "show"]), shows(None, None, 15));
    let said = program.run(&["lease", "show"]).stdout;
    assert!(said.starts_with("No lease is in force yet."), "{said}");

    // The first node puts its setting in force, and another setting changes nothing.
    let first = program.serve();
    logged(&first, "listening");
    let deadline = Instant::now() + Duration::from_mins(1);
    while program.json(&["lease", "show"])["lease_seconds"] != 15 {
        assert!(Instant::now() < deadline);
    }
    let mut other = program.command(&["lease", "show", "--json"]);
    let other = other.env(LEASE, "7").output().unwrap();
    let other: Value = serde_json::from_slice(&other.stdout).unwrap();
    assert_eq!(other, shows(Some(15), Some(15), 7));
    let said = program.run(&["lease", "show"]).stdout;
    assert_eq!(said, "The lease in force is 15 s.\n");

    // A running node takes a new one without a restart.
    assert_eq!(
        program.json(&["lease", "set", "5"]),
        shows(Some(5), Some(15), 15)
    );
    let taken = logged(&first, "the node takes another lease");
    assert_eq!(taken["level"], "INFO");
    let said = program.run(&["lease", "show"]).stdout;
    assert!(said.starts_with("The lease in force is 5 s.\n"), "{said}");
    first.stop("-TERM");

    for (seconds, reason) in [
        ("2", "2 is not in 3..=3600"),
        ("3601", "3601 is not in 3..=3600"),
    ] {
        let refused = program.run(&["lease", "set", seconds]);
        assert!(
            !refused.succeeded && refused.stderr.contains(reason),
            "{refused:?}"
        );
    }
    let refused = program.run(&["lease", "set", "30"]);
    assert_eq!(
        refused.failure(),
        "the setting `limits.request_timeout` (variable MODELS__LIMITS__REQUEST_TIMEOUT) is 30 s, and must be longer than the \
         lease, which is 30 s: a deletion may have to wait for so long; raise the setting, or put a shorter lease in force \
         with `models-api lease set`"
    );
}

#[test]
fn the_lease_is_the_databases_on_sqlite() {
    the_lease_is_the_databases(&Program::on_sqlite().with("MODELS__BOOTSTRAP", "false"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_is_the_databases_on_postgres() {
    the_lease_is_the_databases(&Program::on_postgres().await);
}

#[test]
fn a_node_with_another_setting_says_so_and_one_with_a_short_time_for_requests_does_not_start() {
    let program = Program::on_sqlite();
    program.run(&["migrate"]);
    program.json(&["lease", "set", "12"]);
    let node = program.serve();
    let said = logged(&node, "differs from the lease in force");
    assert_eq!(
        (&said["setting_seconds"], &said["in_force_seconds"]),
        (&json!(15), &json!(12))
    );
    node.stop("-TERM");
    let mut short = program.command(&["serve"]);
    let short = short
        .env(LEASE, "5")
        .env("MODELS__LIMITS__REQUEST_TIMEOUT", "12")
        .output()
        .unwrap();
    let said = String::from_utf8(short.stderr).unwrap();
    assert!(!short.status.success());
    assert!(
        said.contains("error: the setting `limits.request_timeout`")
            && said.contains("is 12 s, and must be longer than the lease, which is 12 s"),
        "{said}"
    );
}
