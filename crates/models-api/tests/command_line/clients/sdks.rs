//! The official SDKs, unmodified, against the built program on PostgreSQL. `cargo xtask test` installs the versions that
//! `tests/sdk` pins; without them, these tests fail.

mod administration;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::Program;

const OWN: [&str; 4] = [
    "ft:gpt-4o-mini-2024-07-18:acme:weather:B7R9VjQd",
    "ft:org/model:x",
    "ft:c",
    "ft:d",
];
const PUBLIC: [&str; 4] = ["gpt-4o", "meta-llama/Llama-3-8B", "@cf/a b+c", "a%2Fb"];

const LOST: [&str; 2] = ["ft:lost/1", "ft:lost/2"];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

/// The path of an installed SDK, which `cargo xtask test` passes in this variable.
fn installed(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable);
    path.unwrap_or_else(|| {
        panic!("{variable} is not set; `cargo xtask test` installs the SDK and sets it")
    })
    .into()
}

fn import(program: &Program, arguments: &[&str], ids: &[&str]) {
    let list: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "created": 1}))
        .collect();
    let arguments = [&["model", "import", "-"], arguments].concat();
    let run = program.run_with(&arguments, &Value::from(list).to_string());
    assert!(run.succeeded, "{run:?}");
}

fn key(program: &Program, organization: &str, role: &str) -> Value {
    program.json(&[
        "key",
        "create",
        "--organization",
        organization,
        "--role",
        role,
        "--name",
        "sdk",
    ])
}

/// Creates two organizations and their models, and returns the parameters of the scripts.
fn fixture(program: &Program, address: &str) -> Value {
    let acme = program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    let other = program.json(&[
        "organization",
        "create",
        "--slug",
        "other",
        "--name",
        "Other",
    ]);
    import(program, &[], &PUBLIC);
    import(
        program,
        &["--organization", "acme"],
        &[&OWN[..], &LOST].concat(),
    );
    import(program, &["--organization", "other"], &["ft:of-other"]);
    let bring =
        "key create --organization acme --role reader --name spaces --allow-weak --secret-file -";
    program.run_with(&bring.split(' ').collect::<Vec<_>>(), "My API Key");
    let owner = key(program, "acme", "owner");
    json!({
        "base_url": format!("http://{address}/v1"),
        "lossy_url": format!("http://{}/v1", lossy_proxy(address.to_owned())),
        "owner": owner["value"],
        "reader": key(program, "acme", "reader")["value"],
        "foreign": key(program, "other", "owner")["value"],
        "spaces": "My API Key",
        "organization": acme["id"],
        "project": owner["project_id"],
        "other_organization": other["id"],
        "public": PUBLIC,
        "own": OWN,
        "lost": LOST,
        "foreign_own": "ft:of-other",
    })
}

/// Forwards one request per connection to the service. Drops the response to the first attempt of each deletion, so that
/// the client sees its connection close.
fn lossy_proxy(service: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let service = service.clone();
            std::thread::spawn(move || forward(client.unwrap(), &service));
        }
    });
    address
}

fn forward(mut client: TcpStream, service: &str) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if client.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        request.push(byte[0]);
    }
    let request = String::from_utf8(request).unwrap();
    let keep_alive = |line: &&str| !line.to_ascii_lowercase().starts_with("connection:");
    let lines: Vec<&str> = request
        .trim_end()
        .split("\r\n")
        .filter(keep_alive)
        .collect();
    let mut upstream = TcpStream::connect(service).unwrap();
    upstream
        .write_all(format!("{}\r\nConnection: close\r\n\r\n", lines.join("\r\n")).as_bytes())
        .unwrap();
    let mut response = Vec::new();
    upstream.read_to_end(&mut response).unwrap();
    let is_first = request
        .to_ascii_lowercase()
        .contains("x-stainless-retry-count: 0");
    if !(request.starts_with("DELETE ") && is_first) {
        client.write_all(&response).unwrap();
    }
}

const LEASE: Duration = Duration::from_secs(3);

/// Runs a script to its end. When the script requests an outage, the database becomes unreachable.
async fn run(mut command: Command) {
    let program = Program::on_postgres()
        .await
        .with("MODELS__CONSISTENCY__LEASE", "3");
    let service = program.serve();
    command.arg(fixture(&program, &service.address).to_string());
    let mut script = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = Vec::new();
    for line in BufReader::new(script.stdout.take().unwrap()).lines() {
        lines.push(line.unwrap());
        if lines.last().is_some_and(|line| line == "outage please") {
            program.database.as_ref().unwrap().close().await;
            // Memory serves until the lease has expired.
            tokio::time::sleep(LEASE + Duration::from_millis(500)).await;
            script
                .stdin
                .as_mut()
                .unwrap()
                .write_all(b"it is out\n")
                .unwrap();
        }
    }
    assert!(script.wait().unwrap().success(), "{}", lines.join("\n"));
    let last = lines.last().unwrap();
    assert!(
        last.ends_with(" checks passed") && lines.len() > 10,
        "{last}"
    );
    println!("{}: {last}", command.get_program().display());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works_unmodified() {
    let mut python = Command::new(installed("MODELS_TEST_PYTHON"));
    python.arg(sources().join("python/check.py"));
    run(python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_works_unmodified() {
    // Node resolves the SDK from the directory of the script.
    let script = installed("MODELS_TEST_NODE_DIRECTORY").join("check.mjs");
    std::fs::copy(sources().join("node/check.mjs"), &script).unwrap();
    let mut node = Command::new("node");
    node.arg(script);
    run(node).await;
}
