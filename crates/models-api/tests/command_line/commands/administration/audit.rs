use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use sqlx::{Connection, Executor, SqliteConnection};

use super::{field, text, with_organizations};
use crate::program::Program;

#[test]
fn a_change_is_listed_with_its_user_its_host_and_its_reason() {
    let program = with_organizations();
    let create = [
        "project",
        "create",
        "--organization",
        "acme",
        "--name",
        "One",
    ];
    let reason = ["--reason", "ticket 7: \"one\""];
    let project = text(&program.json(&[&create[..], &reason].concat()), "id");
    let log = program.json_line("audit list --organization acme");
    assert_eq!(
        field(&log, "type"),
        ["project.created", "organization.created"]
    );
    let entry = &log[0];
    assert_eq!(entry["reason"], "ticket 7: \"one\"");
    let actor = &entry["actor"];
    assert_eq!(
        (&actor["type"], &actor["name"]),
        (&json!("session"), &json!("command_line"))
    );
    let command = |name: &str| {
        let output = std::process::Command::new(name).arg("-n").output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let user = std::process::Command::new("id")
        .arg("-un")
        .output()
        .unwrap();
    let user = String::from_utf8(user.stdout).unwrap();
    assert_eq!(actor["session"]["user"]["id"], user.trim());
    assert_eq!(actor["session"]["host"], command("uname"));
    assert_eq!(entry["project"], json!({"id": project, "name": "One"}));
    assert_eq!(entry["after"]["name"], "One");
    assert!(text(entry, "id").starts_with("audit_log-"), "{entry}");
    assert_eq!(entry["revision"], 3);

    let shown = program.run_line("audit list --organization acme").stdout;
    let line = shown.lines().nth(1).unwrap();
    for part in [
        "project.created",
        &project,
        "command_line ",
        "ticket 7: \"one\"",
    ] {
        assert!(line.contains(part), "{shown}");
    }
    let without = &log[1];
    assert_eq!(without["reason"], Value::Null);
    let ids = program
        .run_line("audit list --organization acme --quiet")
        .stdout;
    assert_eq!(ids.lines().collect::<Vec<_>>(), field(&log, "id"));
}

#[test]
fn the_options_of_the_log_select_entries() {
    let program = with_organizations();
    program.json_line("project create --organization acme --name One --id one");
    program.json_line("key create --project one --role reader --name n --id key_1");
    let list = r#"[{"id": "a", "created": 1}]"#;
    assert!(program.run_with(&["model", "import", "-"], list).succeeded);
    let types = |options: &str| {
        let line = format!("audit list {options}");
        let log = program.json_line(line.trim_end());
        field(&log, "type").join(" ")
    };
    let all = "model.created api_key.created service_account.created project.created organization.created \
        organization.created";
    for (options, expected) in [
        ("", all),
        ("--actor command_line", all),
        ("--limit 1", "model.created"),
        (
            "--type api_key.created --type model.created",
            "model.created api_key.created",
        ),
        ("--resource key_1", "api_key.created"),
        (
            "--project one",
            "api_key.created service_account.created project.created",
        ),
        ("--organization other", "organization.created"),
        ("--organization other --project one", ""),
        ("--actor key_1", ""),
        ("--since 2026-01-01 --until 2106-01-01", all),
        ("--since 2106-01-01T00:00:00Z", ""),
        ("--until 2026-01-01", ""),
    ] {
        assert_eq!(types(options), expected, "{options}");
    }
    for (options, message) in [
        ("--organization nobody", "there is no organization `nobody`"),
        ("--since yesterday", "must be a date such as 2026-11-26"),
        ("--limit 0", "--limit"),
    ] {
        let run = program.run_line(&format!("audit list {options}"));
        assert!(!run.succeeded && run.stderr.contains(message), "{run:?}");
    }
}

#[test]
fn the_log_is_followed() {
    let program = with_organizations();
    let last = program.run_line("audit tail --limit 1 --json").stdout;
    let last: Value = serde_json::from_str(last.trim_end()).unwrap();
    assert_eq!(last["after"]["slug"], "other");
    let mut command = program.command(&[
        "audit",
        "tail",
        "--follow",
        "--organization",
        "acme",
        "--json",
    ]);
    let mut tail = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["type"], "organization.created");
    program.json_line("project create --organization other --name Foreign");
    for number in 0..3 {
        program.json_line(&format!(
            "project create --organization acme --name {number}"
        ));
        assert_eq!(next()["after"]["name"], number.to_string());
    }
    tail.kill().unwrap();
    tail.wait().unwrap();
}

/// Makes all events of the program's database 30 years old.
async fn age(program: &Program) {
    let url = format!(
        "sqlite:{}",
        program.directory.path().join("data/models.db").display()
    );
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let statement = "UPDATE events SET occurred_at = 800000000";
    connection.execute(statement).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_events_are_removed() {
    let program = with_organizations();
    let prune = "audit prune --before 2100-01-01";
    let nothing = program.run_line(prune);
    let kept =
        "No change at the beginning of the log can be removed before 2100-01-01T00:00:00Z.\n";
    assert_eq!(nothing.stdout, kept);
    assert!(!nothing.stderr.contains("changed: "), "{nothing:?}");
    age(&program).await;
    let removed = program.run_line(prune);
    assert_eq!(
        removed.stdout,
        "Removed 2 changes before 2100-01-01T00:00:00Z.\n"
    );
    assert!(removed.stderr.contains("changed: "), "{removed:?}");
    let log = program.json_line("audit list");
    assert_eq!(field(&log, "type"), ["audit.pruned"]);
    // The last hour of the log stays, and the record has the time that took effect.
    let before = log[0]["after"]["before"].as_u64().unwrap();
    assert_eq!(before, log[0]["effective_at"].as_u64().unwrap() - 3_600);
    assert_eq!(
        program.json_line(prune),
        json!({"removed": 0, "before": 4_102_444_800_u32})
    );

    // The catalog is as before.
    let service = program.serve();
    program.json_line("project create --organization acme --name After");
    drop(service);
    let of_acme = program.json_line("audit list --organization acme");
    assert_eq!(field(&of_acme, "type"), ["project.created"]);
    let run = program.run_line("audit prune --before then");
    assert!(
        !run.succeeded && run.stderr.contains("must be a date"),
        "{run:?}"
    );
}
