//! The password of the database changes while the service runs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use test_database::PasswordServer;

use crate::program::{Program, Serving, shell};

fn write(path: &Path, password: &str) {
    fs::write(path, password).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The status of a request that memory cannot serve.
fn status(service: &Serving, key: &str, method: &str, model: &str) -> String {
    let address = &service.address;
    shell(&format!(
        "curl -s -o /dev/null -w '%{{http_code}}' -X {method} -H 'Authorization: Bearer {key}' \
        -H 'Cache-Control: no-cache' 'http://{address}/v1/models/{model}'"
    ))
}

#[tokio::test]
async fn a_new_password_is_used_without_a_restart() {
    let server = PasswordServer::start("first-password").await;
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("password");
    write(&file, "first-password\n");
    let program = Program::on_sqlite()
        .with("MODELS__BOOTSTRAP", "false")
        .with("MODELS__CONSISTENCY__LEASE", "3")
        .with("MODELS__DATABASE__URL", &server.url())
        .with("MODELS__DATABASE__PASSWORD_FILE", file.to_str().unwrap());
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let create = "key create --organization acme --role owner --name ci";
    let create: Vec<_> = create.split(' ').collect();
    let keys: Vec<_> = (0..12)
        .map(|_| program.json(&create)["value"].as_str().unwrap().to_owned())
        .collect();
    let import = ["model", "import", "-", "--organization", "acme"];
    let models = r#"[{"id":"one"},{"id":"two"},{"id":"three"},{"id":"stays"}]"#;
    assert!(program.run_with(&import, models).succeeded);
    let service = program.serve();
    let mut keys = keys.iter();
    let mut works = |model: &str| {
        // Each key is new to the node, so the node reads and writes the database.
        let key = keys.next().unwrap();
        assert_eq!(status(&service, key, "GET", "stays"), "200");
        assert_eq!(status(&service, key, "DELETE", model), "200");
    };
    works("one");

    // The file changes first. The earlier password stays valid until the database role changes.
    write(&file, "second-password\n");
    server.end_connections().await;
    works("two");
    server.set_password("second-password").await;
    server.end_connections().await;
    works("three");

    // The database role changes first. A request waits a while for the file.
    server.set_password("third-password").await;
    server.end_connections().await;
    let waiting = std::thread::scope(|scope| {
        let key = keys.next().unwrap();
        let waiting = scope.spawn(|| status(&service, key, "GET", "stays"));
        std::thread::sleep(Duration::from_secs(1));
        write(&file, "third-password");
        waiting.join().unwrap()
    });
    assert_eq!(waiting, "200");

    // The control: the file does not change.
    server.set_password("fourth-password").await;
    server.end_connections().await;
    assert_eq!(
        status(&service, keys.next().unwrap(), "GET", "stays"),
        "503"
    );
    let log = service.log();
    let refusals: Vec<_> = log
        .iter()
        .filter(|line| {
            line["message"]
                .as_str()
                .is_some_and(|text| text.contains("refuses the password"))
        })
        .collect();
    assert!((1..10).contains(&refusals.len()), "{refusals:?}");
    let log = format!("{log:?}");
    for word in ["first", "second", "third", "fourth"] {
        assert!(!log.contains(&format!("{word}-password")), "{log}");
    }
    write(&file, "fourth-password");
    let deadline = Instant::now() + Duration::from_secs(20);
    let key = keys.next().unwrap();
    while status(&service, key, "GET", "stays") != "200" {
        assert!(Instant::now() < deadline);
    }
    assert!(service.stop("-TERM").0);
}
