//! An upgrade alone does not change responses. This version, with the database and the settings of an older version, gives
//! the responses of the older version.
//!
//! `upgrade/record.py` records the responses, one directory for each older version, named after its commit. A later
//! version adds a directory, and its responses must not change from then on. Responses may differ only in the headers that
//! the script masks: the request id, the date and the processing time. On PostgreSQL the revision token may differ too,
//! because it depends on the server's identity. `Allow` names the methods that this version adds, and `Vary`
//! the headers. The order of headers does
//! not matter.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};

use crate::program::Program;

/// A request is repeated at most this many times until its response has the expected header.
const ATTEMPTS: usize = 300;

/// The values of headers that name what this version adds, in place of the recorded values.
const ADDITIONS: [(&str, &str, &str); 4] = [
    ("allow", "GET, HEAD", "GET, HEAD, POST"),
    ("allow", "GET, HEAD, DELETE", "GET, HEAD, POST, DELETE"),
    (
        "vary",
        "Authorization, OpenAI-Organization, OpenAI-Project, Accept-Encoding",
        "Authorization, X-Api-Key, X-Goog-Api-Key, Api-Key, OpenAI-Organization, OpenAI-Project, Accept-Encoding",
    ),
    (
        "vary",
        "Authorization, OpenAI-Organization, OpenAI-Project, Accept-Encoding, Origin",
        "Authorization, X-Api-Key, X-Goog-Api-Key, Api-Key, OpenAI-Organization, OpenAI-Project, Accept-Encoding, Origin",
    ),
];

/// The recorded requests for routes that this version adds. Older versions refuse them.
const ADDED: [(&str, &str); 1] = [("POST", "/v1/models")];

/// A request, and the response of the older version.
#[derive(Deserialize)]
struct Recorded {
    name: String,
    method: String,
    path: String,
    headers: serde_json::Map<String, serde_json::Value>,
    /// The request is repeated until the response has this header.
    until: Option<String>,
    status: String,
    fields: Vec<(String, String)>,
    body: Option<String>,
    body_hex: Option<String>,
}

struct Response {
    status: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Recorded {
    fn send(&self, address: &str) -> Response {
        let mut request = format!(
            "{} {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n",
            self.method, self.path
        );
        for (name, value) in &self.headers {
            request.extend([name, ": ", value.as_str().unwrap(), "\r\n"]);
        }
        let mut stream = TcpStream::connect(address).unwrap();
        let timeout = Some(Duration::from_mins(1));
        stream.set_read_timeout(timeout).unwrap();
        stream.write_all((request + "\r\n").as_bytes()).unwrap();
        let mut received = vec![];
        stream.read_to_end(&mut received).unwrap();
        let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        let body = received.split_off(end.unwrap() + 4);
        let head = String::from_utf8(received).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().to_owned();
        let field = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        };
        Response {
            status,
            fields: lines.map(field).collect(),
            body,
        }
    }

    fn check(&self, address: &str) {
        let has = |response: &Response, name: &str| {
            response.fields.iter().any(|(other, _)| other == name)
        };
        let mut response = self.send(address);
        if let Some(name) = &self.until {
            for _ in 0..ATTEMPTS {
                if has(&response, name) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
                response = self.send(address);
            }
        }
        assert_eq!(response.status, self.status, "{}", self.name);
        let sorted = |mut fields: Vec<(String, String)>| {
            fields.sort();
            fields
        };
        let masked = |name: &str| self.fields.contains(&(name.to_owned(), "*".to_owned()));
        for (name, value) in &mut response.fields {
            if masked(name) {
                "*".clone_into(value);
            }
        }
        let mut expected = self.fields.clone();
        for (name, value) in &mut expected {
            let added = ADDITIONS
                .iter()
                .find(|(other, old, _)| name == other && value == old);
            if let Some((_, _, new)) = added {
                (*new).clone_into(value);
            }
        }
        let (found, expected) = (sorted(response.fields), sorted(expected));
        assert_eq!(found, expected, "{}", self.name);
        match (&self.body, &self.body_hex) {
            (Some(text), None) => {
                let body = String::from_utf8(response.body).unwrap();
                assert_eq!(&body, text, "{}", self.name);
            }
            (None, Some(bytes)) => {
                assert_eq!(&hex::encode(response.body), bytes, "{}", self.name);
            }
            _ => panic!("{}: there must be exactly one body", self.name),
        }
    }
}

/// The directories of the older versions.
fn versions() -> Vec<PathBuf> {
    let directory =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command_line/service/upgrade");
    let entries = fs::read_dir(directory).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let versions: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    assert!(!versions.is_empty());
    versions
}

/// Serves the database with the older version's settings, and compares the responses.
fn compare(version: &Path, program: Program, url: &str, recorded: &str) {
    let directory = program.directory.path().join("config");
    fs::create_dir(&directory).unwrap();
    fs::copy(version.join("upgrade.toml"), directory.join("upgrade.toml")).unwrap();
    let program = program
        .with("MODELS_ENVIRONMENT", "upgrade")
        .with("MODELS__DATABASE__URL", url);
    let recorded = fs::read_to_string(version.join(recorded)).unwrap();
    let recorded: Vec<Recorded> = serde_json::from_str(&recorded).unwrap();
    assert!(recorded.len() > 40);
    let serving = program.serve();
    let is_added = |one: &&Recorded| ADDED.contains(&(one.method.as_str(), one.path.as_str()));
    assert_eq!(recorded.iter().filter(is_added).count(), ADDED.len());
    for one in recorded.iter().filter(|one| !is_added(one)) {
        one.check(&serving.address);
    }
    println!("{}: {} responses", version.display(), recorded.len());
    serving.stop("-TERM");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_changes_nothing_by_itself_on_sqlite() {
    for version in versions() {
        let program = Program::on_sqlite();
        let file = program.directory.path().join("models.db");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true);
        let sql = fs::read_to_string(version.join("sqlite.sql")).unwrap();
        let mut database = options.connect().await.unwrap();
        database.execute(AssertSqlSafe(sql)).await.unwrap();
        database.close().await.unwrap();
        compare(
            &version,
            program,
            &format!("sqlite://{}", file.display()),
            "sqlite.json",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_changes_nothing_by_itself_on_postgres() {
    for version in versions() {
        let program = Program::on_postgres().await;
        let url = program.database.as_ref().unwrap().url().to_owned();
        let sql = fs::read_to_string(version.join("postgres.sql")).unwrap();
        let mut database = PgConnection::connect(&url).await.unwrap();
        database.execute(AssertSqlSafe(sql)).await.unwrap();
        database.close().await.unwrap();
        compare(&version, program, &url, "postgres.json");
    }
}
