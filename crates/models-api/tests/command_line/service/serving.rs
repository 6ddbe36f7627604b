//! The start of the service.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Program, Serving, shell};

#[test]
fn the_first_start_prints_keys_and_examples_that_work() {
    let program = Program::on_sqlite();
    let service = program.serve();
    let keys = program.json(&["key", "list"]);
    assert_eq!(
        (&keys[0]["role"], keys.as_array().unwrap().len()),
        (&json!("owner"), 1)
    );
    let address = service.address.clone();
    let health = format!("http://{}/health/ready", service.operations);
    let metrics = format!("http://{}/metrics", service.operations);
    let (ended_well, announcement) = service.stop("-TERM");
    assert!(ended_well);
    let create = "models-api key create --organization default --role owner";
    let create_admin = "models-api admin-key create --organization default";
    let inference = "does not forward inference";
    for guidance in [&health, &metrics, create, create_admin, inference] {
        assert!(
            announcement.contains(guidance),
            "{guidance}: {announcement}"
        );
    }

    let service = program.serve();
    let lines: Vec<String> = announcement
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .map(|line| {
            line.replacen("curl ", "curl -sSf ", 1)
                .replace(&address, &service.address)
        })
        .collect();
    assert_eq!(lines.len(), 3, "{announcement}");
    let list: Value = serde_json::from_str(&shell(&lines[0])).unwrap();
    assert!(list["data"].as_array().unwrap().len() > 50);
    let model: Value = serde_json::from_str(&shell(&lines[1])).unwrap();
    assert_eq!(model["id"], "gpt-4o");
    let projects: Value = serde_json::from_str(&shell(&lines[2])).unwrap();
    assert_eq!(projects["data"][0]["name"], "Default project");

    let log = service.log();
    let is_guidance = |line: &&Value| line["models"].is_string();
    let line = log.iter().find(is_guidance).unwrap();
    assert_eq!(
        line["models"],
        format!("http://{}/v1/models", service.address)
    );
    assert_eq!(
        line["health"],
        format!("http://{}/health/ready", service.operations)
    );
    let message = line["message"].as_str().unwrap();
    for guidance in ["models-api key create", "inference to your gateway"] {
        assert!(message.contains(guidance), "{message}");
    }
    let (ended_well, printed) = service.stop("-INT");
    assert!(ended_well);
    assert_eq!(
        printed, "",
        "with a log in JSON, a further start prints no text"
    );
    assert_eq!(
        program
            .json(&["organization", "list"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_further_start_prints_the_addresses_and_how_to_create_a_key() {
    let program = Program::on_sqlite();
    program.run(&["migrate"]);
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let mut child = program
        .command(&["serve"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines.map(Result::unwrap).take(4).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    for (line, beginning) in lines.iter().zip([
        "Models: http://127.0.0.1:",
        "Health: http://127.0.0.1:",
        "This service does not forward inference",
        "To create a key: models-api key create ",
    ]) {
        assert!(line.starts_with(beginning), "{lines:?}");
    }
}

#[test]
fn without_bootstrap_nothing_is_created() {
    let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
    let (ended_well, printed) = program.serve().stop("-TERM");
    assert!(ended_well);
    assert_eq!(printed, "");
    assert_eq!(program.json(&["organization", "list"]), json!([]));
    assert_eq!(program.json(&["model", "list"]), json!([]));
}

#[tokio::test]
async fn a_new_postgres_database_stays_empty_and_works() {
    let program = Program::on_postgres().await;
    let service = program.serve();
    assert_eq!(program.json(&["organization", "list"]), json!([]));
    assert_eq!(program.json(&["model", "list"]), json!([]));

    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let create = [
        "key",
        "create",
        "--organization",
        "acme",
        "--role",
        "owner",
        "--name",
        "ci",
    ];
    let key = program.json(&create)["value"].as_str().unwrap().to_owned();
    program.run_with(
        &["model", "import", "-", "--organization", "acme"],
        r#"[{"id":"ft:a/b"}]"#,
    );
    let address = &service.address;
    let curl = |arguments: &str| {
        shell(&format!(
            "curl -sS -H 'Authorization: Bearer {key}' {arguments}"
        ))
    };
    let list: Value = serde_json::from_str(&curl(&format!("http://{address}/v1/models"))).unwrap();
    assert_eq!(list["data"][0]["id"], "ft:a/b");
    let deleted: Value = serde_json::from_str(&curl(&format!(
        "-X DELETE http://{address}/v1/models/ft:a%2Fb"
    )))
    .unwrap();
    assert_eq!(
        deleted,
        json!({"id": "ft:a/b", "object": "model", "deleted": true})
    );
    assert!(service.stop("-TERM").0);
}

#[test]
fn migrate_prints_the_location_of_the_database() {
    let program = Program::on_sqlite();
    let printed = program.json(&["migrate"]);
    assert_eq!(
        (&printed["database"], &printed["schema_version"]),
        (&json!("SQLite"), &json!(14))
    );
    assert!(
        printed["location"]
            .as_str()
            .unwrap()
            .ends_with("/data/models.db")
    );
}

#[test]
fn a_catalog_that_is_not_empty_is_left_unchanged() {
    let program = Program::on_sqlite();
    program.run_with(
        &["model", "import", "-"],
        r#"[{"id":"gpt-4o","created":5,"owned_by":"me"}]"#,
    );
    let (ended_well, printed) = program.serve().stop("-TERM");
    assert_eq!((ended_well, printed.as_str()), (true, ""));
    assert_eq!(
        program.json(&["model", "list"]).as_array().unwrap().len(),
        1
    );
    assert_eq!(program.json(&["model", "show", "gpt-4o"])["created"], 5);
}

/// A node is paused for longer than its lease, as by a debugger or by a machine that sleeps. When it continues, it shows
/// no data from before.
#[tokio::test]
async fn a_paused_node_never_shows_a_model_deleted_meanwhile() {
    let program = Program::on_postgres()
        .await
        .with("MODELS__CONSISTENCY__LEASE", "3");
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let create = "key create --organization acme --role owner --name ci";
    let key = program.json(&create.split(' ').collect::<Vec<_>>())["value"].clone();
    let import = ["model", "import", "-", "--organization", "acme"];
    assert!(program.run_with(&import, r#"[{"id":"own"}]"#).succeeded);
    let (one, other) = (program.serve(), program.serve());
    let status = |service: &Serving, method: &str| {
        let (address, key) = (&service.address, key.as_str().unwrap());
        shell(&format!(
            "curl -s -o /dev/null -w '%{{http_code}}' -X {method} http://{address}/v1/models/own -H 'Authorization: Bearer {key}'",
        ))
    };
    assert_eq!(status(&other, "GET"), "200");
    other.signal("-STOP");
    let began = Instant::now();
    assert_eq!(status(&one, "DELETE"), "200");
    let waited = began.elapsed();
    other.signal("-CONT");
    let statuses: Vec<String> = (0..20).map(|_| status(&other, "GET")).collect();
    assert!(!statuses.contains(&"200".to_owned()), "{statuses:?}");
    let lease = Duration::from_secs(3);
    assert!(
        waited > lease / 2 && waited < lease + Duration::from_millis(750),
        "{waited:?}"
    );
}
