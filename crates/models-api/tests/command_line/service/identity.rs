//! The command line beside a running service on a SQLite file, if the two may see different files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::{Program, Serving, shell};

const REQUESTS: usize = 20;

fn service() -> (Program, PathBuf) {
    let program = Program::on_sqlite()
        .with("MODELS__BOOTSTRAP", "false")
        .with("MODELS__CONSISTENCY__LEASE", "3")
        .with("MODELS__LIMITS__FAILED_AUTHENTICATIONS_PER_MINUTE", "0");
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let data = program.directory.path().join("data");
    (program, data)
}

/// Creates a key, and returns its id and its secret.
fn create_key(program: &Program) -> (String, String) {
    let create = "key create --organization acme --role owner --name ci";
    let key = program.json(&create.split(' ').collect::<Vec<_>>());
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    (text("id"), text("value"))
}

/// Sends several requests with the key, and returns the number of accepted ones.
fn accepted(service: &Serving, key: &str) -> usize {
    let url = format!("http://{}/v1/models?[1-{REQUESTS}]", service.address);
    let statuses = shell(&format!(
        "curl -s -o /dev/null -w '%{{http_code}}\\n' -H 'Authorization: Bearer {key}' '{url}'"
    ));
    assert_eq!(statuses.lines().count(), REQUESTS);
    statuses.lines().filter(|status| *status == "200").count()
}

fn wait_until_accepted(service: &Serving, key: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while accepted(service, key) != REQUESTS {
        assert!(Instant::now() < deadline, "{:?}", service.log());
    }
}

/// Starts a service, applies a fault to its files, and revokes a key with the command line. `url` replaces the database
/// URL of the command line. Asserts that the service then refuses the key.
fn assert_refused_after(program: &Program, url: Option<&str>, fault: impl FnOnce()) -> Serving {
    let (id, key) = create_key(program);
    let service = program.serve();
    wait_until_accepted(&service, &key);
    fault();
    let mut command = program.command(&["key", "revoke", &id]);
    if let Some(url) = url {
        command.env("MODELS__DATABASE__URL", url);
    }
    let revoked = command.output().unwrap();
    assert!(revoked.status.success(), "{revoked:?}");
    assert_eq!(accepted(&service, &key), 0, "of {REQUESTS}");
    service
}

fn beside(data: &Path, suffix: &str) -> PathBuf {
    data.join(format!("models.db{suffix}"))
}

#[test]
fn a_key_revoked_through_a_symbolic_link_is_refused() {
    let (program, data) = service();
    symlink(&data, program.directory.path().join("directory")).unwrap();
    symlink(beside(&data, ""), program.directory.path().join("link.db")).unwrap();
    for url in ["sqlite://link.db", "sqlite://directory/models.db"] {
        assert_refused_after(&program, Some(url), || ());
    }
}

#[test]
fn a_database_with_two_names_is_not_opened() {
    let (program, data) = service();
    let other = program.directory.path().join("other.db");
    fs::hard_link(beside(&data, ""), &other).unwrap();
    let run = program.run(&["key", "list"]);
    assert!(run.failure().contains("2 names (hard links)"), "{run:?}");
    fs::remove_file(other).unwrap();
    assert!(program.run(&["key", "list"]).succeeded);
}

#[test]
fn a_key_revoked_after_the_nodes_file_was_lost_is_refused() {
    let (program, data) = service();
    let nodes = beside(&data, "-nodes");
    let service = assert_refused_after(&program, None, || fs::remove_file(&nodes).unwrap());
    // The service has registered again, and the next revocation waits for it.
    let (id, key) = create_key(&program);
    wait_until_accepted(&service, &key);
    assert!(program.run(&["key", "revoke", &id]).succeeded);
    assert_eq!(accepted(&service, &key), 0);
    drop(service);

    let service = assert_refused_after(&program, None, || {
        fs::copy(&nodes, data.join("copy")).unwrap();
        fs::rename(data.join("copy"), &nodes).unwrap();
    });
    drop(service);
    let service = assert_refused_after(&program, None, || fs::write(&nodes, "no nodes").unwrap());
    let lost = |line: &Value| {
        let text = line.to_string();
        text.contains("this node gives up its lease") && text.contains("models.db-nodes")
    };
    assert!(service.log().iter().any(lost), "{:?}", service.log());
}

#[test]
fn a_service_whose_database_is_removed_logs_it_and_refuses_all_keys() {
    let (program, data) = service();
    let copy = program.directory.path().join("copy.db");
    let (id, key) = create_key(&program);
    let service = program.serve();
    wait_until_accepted(&service, &key);
    assert!(program.run(&["backup", copy.to_str().unwrap()]).succeeded);
    fs::remove_dir_all(&data).unwrap();
    fs::create_dir(&data).unwrap();
    fs::copy(&copy, beside(&data, "")).unwrap();
    assert!(program.run(&["key", "revoke", &id]).succeeded);
    assert_eq!(accepted(&service, &key), 0);
    let lost = |line: &Value| {
        let text = line.to_string();
        text.contains("while it was in use") && text.contains("restart this process")
    };
    assert!(service.log().iter().any(lost), "{:?}", service.log());
    let ready = shell(&format!(
        "curl -s -o /dev/null -w '%{{http_code}}' http://{}/health/ready",
        service.operations
    ));
    assert_eq!(ready, "503");
    // Stopping the service does not change the new database.
    assert!(service.stop("-TERM").0);
    assert!(program.json(&["key", "list"])[0]["revoked_at"].is_i64());
    let service = program.serve();
    assert_eq!(accepted(&service, &key), 0);
}

#[test]
fn a_key_revoked_in_a_replaced_database_is_refused() {
    let (program, data) = service();
    assert_refused_after(&program, None, || {
        let copy = program.directory.path().join("copy.db");
        assert!(program.run(&["backup", copy.to_str().unwrap()]).succeeded);
        fs::rename(&copy, beside(&data, "")).unwrap();
        for suffix in ["-wal", "-shm"] {
            fs::remove_file(beside(&data, suffix)).unwrap();
        }
    });
}

#[test]
fn the_service_warns_of_a_database_that_other_users_can_read() {
    let (program, data) = service();
    let warned = || {
        let service = program.serve();
        let log = service.log();
        assert!(service.stop("-TERM").0);
        log.iter().any(|line| {
            line.to_string()
                .contains("other users of this machine can read")
        })
    };
    assert!(!warned());
    fs::set_permissions(beside(&data, ""), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(!warned(), "only the owner can access the directory");
    for directory in [&data, program.directory.path()] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
    }
    assert!(warned());
}
