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

fn the_lease_in_force_comes_from_the_database(program: &Program) {
    program.run(&["migrate"]);
    assert_eq!(program.json(&["lease", "show"]), shows(None, None, 15));
    let text = program.run(&["lease", "show"]).stdout;
    assert!(text.starts_with("No lease is in force yet."), "{text}");

    // The first node sets the lease from its setting. The setting of another process does not change it.
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
    let text = program.run(&["lease", "show"]).stdout;
    assert_eq!(text, "The lease in force is 15 s.\n");

    // A running node takes a new lease without a restart.
    assert_eq!(
        program.json(&["lease", "set", "5"]),
        shows(Some(5), Some(15), 15)
    );
    let taken = logged(&first, "the node takes another lease");
    assert_eq!(taken["level"], "INFO");
    let text = program.run(&["lease", "show"]).stdout;
    assert!(text.starts_with("The lease in force is 5 s.\n"), "{text}");
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
         lease, which is 30 s, because a deletion may wait for a whole lease; raise the setting, or set a shorter lease \
         with `models-api lease set`"
    );
}

#[test]
fn the_lease_in_force_comes_from_the_database_on_sqlite() {
    the_lease_in_force_comes_from_the_database(
        &Program::on_sqlite().with("MODELS__BOOTSTRAP", "false"),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lease_in_force_comes_from_the_database_on_postgres() {
    the_lease_in_force_comes_from_the_database(&Program::on_postgres().await);
}

#[test]
fn a_node_logs_a_different_setting_and_refuses_a_short_request_timeout() {
    let program = Program::on_sqlite();
    program.run(&["migrate"]);
    program.json(&["lease", "set", "12"]);
    let node = program.serve();
    let line = logged(&node, "differs from the lease in force");
    assert_eq!(
        (&line["setting_seconds"], &line["in_force_seconds"]),
        (&json!(15), &json!(12))
    );
    node.stop("-TERM");
    let mut short = program.command(&["serve"]);
    let short = short
        .env(LEASE, "5")
        .env("MODELS__LIMITS__REQUEST_TIMEOUT", "12")
        .output()
        .unwrap();
    let text = String::from_utf8(short.stderr).unwrap();
    assert!(!short.status.success());
    assert!(
        text.contains("error: the setting `limits.request_timeout`")
            && text.contains("is 12 s, and must be longer than the lease, which is 12 s"),
        "{text}"
    );
}
