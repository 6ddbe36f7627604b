use serde_json::Value;

use crate::program::{Program, Serving, shell};

fn key(program: &Program) -> String {
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let create = "key create --organization acme --role owner --name ci";
    let key = program.json(&create.split(' ').collect::<Vec<_>>());
    key["value"].as_str().unwrap().to_owned()
}

fn get(service: &Serving, key: &str, path: &str) -> String {
    let address = &service.address;
    shell(&format!(
        "curl -s --path-as-is -o /dev/null -w '%{{http_code}}' -H 'Authorization: Bearer {key}' -H 'X-Client-Request-Id: mine' 'http://{address}{path}'"
    ))
}

fn requests(service: &Serving) -> Vec<Value> {
    let mut log = service.log();
    log.retain(|line| line.get("route").is_some());
    log
}

#[test]
fn a_log_line_names_key_id_and_route_but_not_the_key() {
    let program = Program::on_sqlite()
        .with("MODELS__BOOTSTRAP", "false")
        .with("MODELS__LOG__REQUESTS", "all");
    let key = key(&program);
    let import = ["model", "import", "-", "--organization", "acme"];
    assert!(program.run_with(&import, r#"[{"id":"own"}]"#).succeeded);
    let service = program.serve();
    for _ in 0..2 {
        assert_eq!(get(&service, &key, "/v1/models/own"), "200");
    }
    assert_eq!(get(&service, &key, "/v1/models/a%0Ab%22"), "404");
    assert_eq!(get(&service, "sk-wrong-wrong-wrong", "/v1/models"), "401");
    let lines = requests(&service);
    assert_eq!(lines.len(), 4, "{lines:?}");
    let keys = program.json(&["key", "list"]);
    for line in &lines[..2] {
        for (name, value) in [
            ("level", "INFO"),
            ("organization", "acme"),
            ("method", "GET"),
            ("route", "/v1/models/{model}"),
            ("client_request_id", "mine"),
        ] {
            assert_eq!(line[name], value, "{line}");
        }
        assert_eq!(
            (&line["status"], &line["key_id"]),
            (&Value::from(200), &keys[0]["id"])
        );
        assert!(line["request_id"].as_str().unwrap().starts_with("req_"));
        assert!(line["bytes"].as_u64().unwrap() > 50 && line["ms"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(lines[2]["path"], "/v1/models/a%0Ab%22");
    let text = format!("{:?}", service.log());
    assert!(
        !text.contains(&key) && !text.contains("sk-wrong-wrong"),
        "{text}"
    );
}

#[test]
fn failed_requests_are_logged_even_if_requests_are_not() {
    let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
    let key = key(&program);
    let service = program.serve();
    assert_eq!(get(&service, &key, "/v1/models"), "200");
    assert_eq!(get(&service, &key, "/v1/models/none"), "404");
    let statuses: Vec<_> = requests(&service)
        .iter()
        .map(|line| line["status"].clone())
        .collect();
    assert_eq!(statuses, [404]);
}

#[test]
fn healthcheck_reports_whether_the_service_is_ready() {
    let program = Program::on_sqlite();
    let service = program.serve();
    let port = service.operations.rsplit(':').next().unwrap().to_owned();
    let program_at = |port: &str| Program::on_sqlite().with("MODELS__OPERATIONS__PORT", port);
    let health = program_at(&port).json(&["healthcheck"]);
    assert_eq!(
        (&health["status"], &health["draining"]),
        (&"ready".into(), &false.into())
    );
    assert!(service.stop("-TERM").0);
    let run = program_at(&port).run(&["healthcheck"]);
    assert!(
        run.failure().starts_with("no response from 127.0.0.1:"),
        "{run:?}"
    );
}

#[test]
fn config_check_shows_sources_and_masks_the_password() {
    let program = Program::on_sqlite()
        .with("MODELS__DATABASE__URL", "postgres://me:hidden@nowhere/db")
        .with("MODELS__SERVER__PORT", "99");
    std::fs::create_dir(program.directory.path().join("config")).unwrap();
    let file = program.directory.path().join("config/development.toml");
    std::fs::write(file, "[log]\nlevel = \"warn\"\n").unwrap();
    let settings = program.json(&["config", "check"]);
    let found = |key: &str| {
        let of = |setting: &&Value| setting["key"] == key;
        let setting = settings.as_array().unwrap().iter().find(of).unwrap();
        [&setting["value"], &setting["source"]].map(|value| value.as_str().unwrap().to_owned())
    };
    assert_eq!(
        found("server.port"),
        ["99", "variable MODELS__SERVER__PORT"]
    );
    assert_eq!(found("log.level"), ["warn", "config/development.toml"]);
    assert_eq!(found("server.workers"), ["0", "default"]);
    assert_eq!(found("database.url")[0], "postgres://me:***@nowhere/db");
    let text = program.run(&["config", "check"]).stdout;
    assert!(
        text.trim_start().starts_with("SETTING") && !text.contains("hidden"),
        "{text}"
    );
    let wrong = Program::on_sqlite().with("MODELS__LIMITS__REQUEST_TIMEOUT", "15");
    let run = wrong.run(&["config", "check"]);
    assert!(
        run.failure()
            .starts_with("the setting `limits.request_timeout`"),
        "{run:?}"
    );
}

#[test]
fn a_production_service_does_not_start_with_a_well_known_password() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
    let program = Program::on_sqlite()
        .with("MODELS_ENVIRONMENT", "production")
        .with("MODELS_CONFIG_DIRECTORY", config)
        .with(
            "MODELS__DATABASE__URL",
            "postgres://models:models-development-only@127.0.0.1:1/x",
        );
    let run = program.run(&["serve"]);
    assert!(run.failure().contains("empty or well known"), "{run:?}");
}

#[test]
fn a_backup_of_a_running_service_is_the_catalog() {
    let program = Program::on_sqlite();
    let service = program.serve();
    let run = program.run(&["backup", "copy.db"]);
    assert!(run.succeeded, "{run:?}");
    let run = program.run(&["backup", "copy.db"]);
    assert_eq!(run.failure(), "there is a file copy.db already");
    let restored = Program::on_sqlite().with(
        "MODELS__DATABASE__URL",
        &format!(
            "sqlite://{}",
            program.directory.path().join("copy.db").display()
        ),
    );
    for command in ["model export", "key list"] {
        let command: Vec<_> = command.split(' ').collect();
        assert_eq!(program.json(&command), restored.json(&command));
    }
    let epoch = |file: &str| {
        let path = program.directory.path().join(file);
        shell(&format!(
            "python3 -c 'import sqlite3; print(sqlite3.connect(\"{}\").execute(\"SELECT epoch FROM catalog\").fetchone()[0])'",
            path.display()
        ))
    };
    assert_ne!(epoch("data/models.db"), epoch("copy.db"));
    assert!(!program.directory.path().join("copy.db.partial").exists());
    assert!(service.stop("-TERM").0);
    let missing = Program::on_sqlite().run(&["backup", "copy.db"]);
    assert!(
        missing.failure().starts_with("there is no database "),
        "{missing:?}"
    );
}

#[tokio::test]
async fn backup_refuses_a_postgres_database() {
    let program = Program::on_postgres().await;
    assert!(program.run(&["migrate"]).succeeded);
    let run = program.run(&["backup", "copy.db"]);
    assert!(run.failure().contains("pg_dump"), "{run:?}");
}
