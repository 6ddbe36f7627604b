//! `copy`: from a SQLite file to a PostgreSQL database.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use test_database::TestDatabase;

use crate::program::{Program, Serving, shell};

/// Every command that uses the database, as an operator may type it next to a moved file.
const COMMANDS: [&str; 17] = [
    "",
    "serve",
    "migrate",
    "backup elsewhere.db",
    "organization list",
    "organization create --slug new --name New",
    "project list --organization acme",
    "service-account list --organization acme",
    "key list",
    "key create --organization acme --role owner --name x",
    "admin-key list --organization acme",
    "permissions show --organization acme",
    "lease show",
    "lease set 5",
    "model list",
    "model export",
    "copy --to postgres://nobody@127.0.0.1:1/none",
];

/// The status, the validator and the body of the list of models, and of one model.
fn responses(service: &Serving, key: &str) -> String {
    let get = |path: &str| {
        let response = shell(&format!(
            "curl -s -i -H 'Authorization: Bearer {key}' 'http://{}{path}' \
            | grep -iv -e '^date:' -e '^x-request-id:' -e '^openai-processing-ms:' -e '^x-models-revision:'",
            service.address
        ));
        // Fields have no order.
        let mut lines: Vec<&str> = response.lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    };
    ["/v1/models", "/v1/models/gpt-4o-mini", "/v1/models?limit=2"]
        .map(get)
        .join("\n")
}

fn key(program: &Program, name: &str) -> (String, String) {
    let line = format!("key create --organization acme --role owner --name {name}");
    let key = program.json_line(&line);
    let text = |field: &str| key[field].as_str().unwrap().to_owned();
    (text("id"), text("value"))
}

fn filled() -> Program {
    let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
    program.json(&[
        "organization",
        "create",
        "--slug",
        "acme",
        "--name",
        "Acme 東京",
    ]);
    let models = r#"[{"id":"gpt-4o-mini","created":1721172741,"owned_by":"system"},{"id":"模型/ü","created":5}]"#;
    assert!(
        program
            .run_with(&["model", "import", "-"], models)
            .succeeded
    );
    let own = ["model", "import", "-", "--organization", "acme"];
    assert!(
        program
            .run_with(&own, r#"[{"id":"ft:own","created":7}]"#)
            .succeeded
    );
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_serves_the_same_bytes_from_the_copy() {
    let program = filled();
    let target = TestDatabase::postgres().await;
    let (_, secret) = key(&program, "first");
    let (revoked, revoked_secret) = key(&program, "second");
    assert!(program.run(&["key", "revoke", &revoked]).succeeded);
    let service = program.serve();
    let before = responses(&service, &secret);
    assert!(
        before.contains("200 OK") && before.to_lowercase().contains("etag:"),
        "{before}"
    );
    assert!(
        before.contains("模型/ü") && before.contains("ft:own"),
        "{before}"
    );
    let refused = responses(&service, &revoked_secret);

    let running = program.run(&["copy", "--to", target.url()]);
    let said = running.failure();
    assert!(
        said.starts_with("a service runs on the source (node_"),
        "{said}"
    );
    assert_eq!(responses(&service, &secret), before);
    assert!(service.stop("-TERM").0);

    let copied = program.run(&["copy", "--to", target.url()]);
    assert!(copied.succeeded && copied.stderr.is_empty(), "{copied:?}");
    let first = copied.stdout.lines().next().unwrap();
    assert!(
        first.starts_with("Copied /") && first.contains("and compared"),
        "{first}"
    );
    assert!(
        copied.stdout.contains("         2  api_keys\n"),
        "{copied:?}"
    );
    for command in COMMANDS {
        let words: Vec<_> = command.split(' ').filter(|word| !word.is_empty()).collect();
        let run = program.run(&words);
        let said = run.failure();
        assert!(
            said.contains("was moved to postgres://") && said.contains("models-api copy --undo"),
            "{command}: {said}"
        );
    }

    let moved = program.with("MODELS__DATABASE__URL", target.url());
    let service = moved.serve();
    assert_eq!(responses(&service, &secret), before);
    assert_eq!(
        without_message(&responses(&service, &revoked_secret)),
        without_message(&refused)
    );
    assert!(refused.contains("401 Unauthorized"), "{refused}");
    assert!(service.stop("-TERM").0);
}

/// The number of organizations, as soon as the server has ended the transaction of a killed client.
fn organizations(program: &Program) -> usize {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let listed = program.run(&["organization", "list", "--json"]);
        if listed.succeeded {
            return listed.json().as_array().unwrap().len();
        }
        assert!(Instant::now() < deadline, "{listed:?}");
    }
}

/// The statuses alone: the body of a refusal names the request.
fn without_message(responses: &str) -> Vec<&str> {
    let lines = responses.lines();
    lines.filter(|line| line.starts_with("HTTP/")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_comes_from_a_file_or_a_variable_and_holds_no_password_as_an_argument() {
    let program = filled();
    let target = TestDatabase::postgres().await;
    let url = target.url();
    let missing = program.run(&["copy"]);
    assert!(
        missing.failure().contains("the variable MODELS_COPY_TO"),
        "{missing:?}"
    );
    for secret in [
        "postgres://me:hunter22@127.0.0.1:1/models",
        "postgres://me@127.0.0.1:1/models?password=hunter22",
    ] {
        for also in [&[][..], &["--json"]] {
            let refused = program.run(&[&["copy", "--to", secret], also].concat());
            let said = refused.stderr;
            assert!(!refused.succeeded && said.contains("--to-file"), "{said}");
            assert!(!said.contains("hunter22"), "{said}");
        }
    }
    let both = program.run(&["copy", "--to", url, "--undo"]);
    assert!(
        !both.succeeded && both.stderr.contains("cannot be used with"),
        "{both:?}"
    );

    let file = program.directory.path().join("target");
    fs::write(&file, format!("{url}\n")).unwrap();
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o644);
    let open = program.run(&["copy", "--to-file", "target"]);
    assert!(open.failure().contains("chmod o= "), "{open:?}");
    mode(0o600);
    let copied = program.json(&["copy", "--to-file", "target"]);
    let tables = copied["tables"].as_array().unwrap();
    let rows = |table: &str| {
        let found = tables.iter().find(|found| found["name"] == table);
        found.unwrap()["rows"].as_u64().unwrap()
    };
    assert_eq!(
        (rows("models"), rows("catalog"), rows("organizations")),
        (3, 1, 1)
    );
    let sum: u64 = tables
        .iter()
        .map(|table| table["rows"].as_u64().unwrap())
        .sum();
    assert_eq!(copied["rows"], sum);
    assert!(copied["seconds"].as_f64().unwrap() > 0.0);

    let undone = program.json(&["copy", "--undo"]);
    assert_eq!(undone["moved_to"], copied["to"]);
    assert_eq!(undone["file"], copied["from"]);
    let another = TestDatabase::postgres().await;
    let program = program.with("MODELS_COPY_TO", another.url());
    let copied = program.run(&["copy"]);
    assert!(copied.succeeded, "{copied:?}");
    // The variable sets no setting, so other commands accept it.
    assert!(
        program
            .run(&["key", "list"])
            .failure()
            .contains("was moved to")
    );
}

/// The mark of the program's database.
async fn moved_to(program: &Program) -> String {
    let file = program.directory.path().join("data/models.db");
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = options.connect().await.unwrap();
    let mark = sqlx::query_scalar("SELECT moved_to FROM catalog");
    mark.fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_killed_while_the_target_commits_leaves_one_catalog_in_use() {
    let program = filled();
    let target = TestDatabase::postgres().await;
    let on_target = Program::on_sqlite().with("MODELS__DATABASE__URL", target.url());
    assert!(on_target.run(&["migrate"]).succeeded);
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(3); RETURN NULL; END'; \
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON organizations DEFERRABLE INITIALLY DEFERRED \
        FOR EACH ROW EXECUTE FUNCTION slow()";
    target.execute(slow).await;
    let mut copying = program
        .command(&["copy", "--to", target.url()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    while moved_to(&program).await.is_empty() {
        assert!(Instant::now() < deadline, "the source was not marked");
        sleep(Duration::from_millis(20));
    }
    assert!(
        copying.try_wait().unwrap().is_none(),
        "the target commits for 3 s"
    );
    copying.kill().unwrap();
    copying.wait().unwrap();
    assert_eq!(organizations(&on_target), 1);
    assert!(
        program
            .run(&["key", "list"])
            .failure()
            .contains("was moved to")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_copy_leaves_both_databases_as_they_were() {
    let program = filled();
    let target = TestDatabase::postgres().await;
    let on_target = Program::on_sqlite().with("MODELS__DATABASE__URL", target.url());
    assert!(on_target.run(&["migrate"]).succeeded);
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2); RETURN NEW; END'; \
        CREATE TRIGGER slow BEFORE INSERT ON models FOR EACH ROW EXECUTE FUNCTION slow()";
    target.execute(slow).await;
    let mut copying = program
        .command(&["copy", "--to", target.url()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    sleep(Duration::from_secs(3));
    assert!(
        copying.try_wait().unwrap().is_none(),
        "three models take 6 s"
    );
    copying.kill().unwrap();
    copying.wait().unwrap();
    assert!(program.run(&["key", "list"]).succeeded);
    assert_eq!(organizations(&on_target), 0);
}
