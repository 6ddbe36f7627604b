//! The shipped gateway that sends authorization requests, before an inference server.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::haproxy::send;
use crate::program::{Program, Serving};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/gateways/haproxy");
const CHAT: &str = "/v1/chat/completions";

/// An inference server that responds with the request as it arrives.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || respond(stream.unwrap()));
        }
    });
    address
}

fn respond(mut stream: TcpStream) {
    let mut reader = BufReader::new(&stream);
    let lines = reader.by_ref().lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let length = head.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length: u64 = length.map_or(0, |length| length.parse().unwrap());
    io::copy(&mut reader.take(length), &mut io::sink()).unwrap();
    let head = head.join("\r\n");
    let response = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{head}",
        head.len()
    );
    // The gateway may have closed the connection.
    let _ = stream.write_all(response.as_bytes());
}

struct Gateway {
    address: String,
    process: Child,
    log: NamedTempFile,
}

impl Gateway {
    fn start(service: &str, authorization: &str, inference: &str) -> Self {
        let log = NamedTempFile::new().unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        drop(socket);
        let process = Command::new("haproxy")
            .args(["-f", "haproxy.cfg"])
            .current_dir(DIRECTORY)
            .env("GATEWAY_BIND", &address)
            .env("MODELS_API", service)
            .env("MODELS_AUTHORIZE", format!("http://{authorization}"))
            .env("INFERENCE", inference)
            .stdout(log.reopen().unwrap())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("haproxy (Debian and Ubuntu: apt-get install haproxy): {error}")
            });
        let mut gateway = Self {
            address,
            process,
            log,
        };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(&gateway.address).is_err() {
            let log = std::fs::read_to_string(gateway.log.path()).unwrap();
            assert!(
                gateway.process.try_wait().unwrap().is_none() && Instant::now() < deadline,
                "{log}"
            );
            thread::sleep(Duration::from_millis(20));
        }
        gateway
    }

    fn request(&self, line: &str, headers: &[&str], body: &str) -> String {
        let headers = headers.join("\r\n");
        let end = if headers.is_empty() { "" } else { "\r\n" };
        send(
            &self.address,
            &format!(
                "{line} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n{headers}{end}\r\n{body}"
            ),
        )
    }

    fn chat(&self, headers: &[&str], body: &str) -> String {
        let length = format!("Content-Length: {}", body.len());
        self.request(
            &format!("POST {CHAT}"),
            &[headers, &[&length]].concat(),
            body,
        )
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A service, the gateway and an inference server, with one model and one key.
struct Scene {
    serving: Serving,
    gateway: Gateway,
    bearer: String,
    _program: Program,
}

impl Scene {
    fn start() -> Self {
        let program = Program::on_sqlite()
            .with("MODELS__BOOTSTRAP", "false")
            .with("MODELS__AUTHORIZATION__PORT", "0");
        program.json_line("organization create --slug acme --name Acme");
        let key = program.json_line("key create --organization acme --name k --role reader");
        let models = r#"[{"id":"known","created":1}]"#;
        assert!(
            program
                .run_with(&["model", "import", "-"], models)
                .succeeded
        );
        let serving = program.serve();
        let lines = serving.log();
        let listening = lines.iter().find_map(|line| line["authorization"].as_str());
        let gateway = Gateway::start(&serving.address, listening.unwrap(), &echo());
        Self {
            bearer: format!("Authorization: Bearer {}", key["value"].as_str().unwrap()),
            serving,
            gateway,
            _program: program,
        }
    }

    /// The response to a chat request of the key with these further headers.
    fn chat(&self, headers: &[&str], body: &str) -> String {
        self.gateway
            .chat(&[headers, &[&self.bearer]].concat(), body)
    }
}

fn assert_status(response: &str, expected: u16) {
    let start = format!("HTTP/1.1 {expected} ");
    assert!(response.starts_with(&start), "{response}");
}

#[test]
fn the_inference_server_learns_from_the_service_who_calls() {
    let scene = Scene::start();
    let claimed = [
        "X-Models-Role: owner",
        "x-models-organization: other",
        "X-Models-Model: known",
    ];
    let allowed = scene.chat(&claimed, r#"{"model":"known"}"#);
    assert_status(&allowed, 200);
    let upstream = allowed.to_lowercase();
    for (name, value) in [
        ("x-models-organization", "acme"),
        ("x-models-role", "reader"),
        ("x-models-model", "known"),
    ] {
        assert_eq!(upstream.matches(name).count(), 1, "{upstream}");
        assert!(upstream.contains(&format!("{name}: {value}")), "{upstream}");
    }
    let prompt = "x".repeat(900_000);
    let late = format!(r#"{{"messages":"{prompt}","model":"known"}}"#);
    assert_status(&scene.chat(&[], &late), 200);
    let files = scene
        .gateway
        .request("HEAD /v1/files", &[&scene.bearer], "");
    assert_status(&files, 200);
}

#[test]
fn the_client_gets_the_refusal_of_the_service() {
    let scene = Scene::start();
    let refused = scene.chat(&[], r#"{"model":"missing"}"#);
    assert_status(&refused, 404);
    for part in [
        r#""code":"model_not_found""#,
        "x-request-id: req_",
        "x-should-retry: false",
    ] {
        assert!(refused.contains(part), "{refused}");
    }
    let anonymous = scene.gateway.chat(&[], r#"{"model":"known"}"#);
    assert_status(&anonymous, 401);
    assert!(
        anonymous.contains("www-authenticate: Bearer"),
        "{anonymous}"
    );
    // The service itself gets requests for models.
    let deletion = scene
        .gateway
        .request("DELETE /v1/models/known", &[&scene.bearer], "");
    assert_status(&deletion, 403);
    // Without a response of the service, the gateway allows nothing.
    let (stopped, _) = scene.serving.stop("-TERM");
    assert!(stopped);
    let without_response = scene.gateway.chat(&[&scene.bearer], r#"{"model":"known"}"#);
    assert_status(&without_response, 503);
}

/// Attempts to call a model that the key does not see. The table in `docs/gateways.md` lists them.
#[test]
fn a_request_calls_no_other_model_than_the_service_reads() {
    let scene = Scene::start();
    for (headers, body, expected) in [
        (
            &["X-Models-Model: known"][..],
            r#"{"model":"missing"}"#,
            404,
        ),
        (&[], r#"{"model":"known","model":"missing"}"#, 400),
        (&[], r#"{"model":"missing","model":"known"}"#, 400),
        (&[], r#"{"model":"known","mod\u0065l":"missing"}"#, 400),
        (&[], r#"{"model":"known","Model":"missing"}"#, 400),
        (&[], r#"{"model":"known"}{"model":"missing"}"#, 400),
        (&[], "", 400),
        (&["Content-Encoding: gzip"], r#"{"model":"known"}"#, 400),
        (
            &["Content-Type: text/plain", "Content-Type: application/json"],
            r#"{"model":"known"}"#,
            400,
        ),
        (
            &["Content-Type: application/x-www-form-urlencoded"],
            r#"{"model":"known","a":"&model=missing&"}"#,
            400,
        ),
        (
            &["X-Forwarded-Uri: /v1/files", "X-Original-URI: /v1/files"],
            r#"{"model":"missing"}"#,
            404,
        ),
        (&["X-Forwarded-Method: GET"], r#"{"model":"missing"}"#, 404),
    ] {
        assert_status(&scene.chat(headers, body), expected);
    }
    let gateway = &scene.gateway;
    let headers = ["Transfer-Encoding: chunked", &scene.bearer];
    let body = "13\r\n{\"model\":\"missing\"}\r\n0\r\n\r\n";
    let in_chunks = gateway.request(&format!("POST {CHAT}"), &headers, body);
    assert_status(&in_chunks, 411);
    let prompt = "x".repeat(1 << 20);
    let beyond = format!(r#"{{"messages":"{prompt}","model":"missing"}}"#);
    assert_status(&scene.chat(&[], &beyond), 413);
    for (path, expected) in [
        ("/v1/chat%2Fcompletions", 404),
        ("/v1/files/../chat/completions", 400),
        ("/v1//chat/completions", 400),
        ("/v1/chat/completions?model=other", 400),
        ("/v1/chat/completions/;x", 400),
        ("/v1/%63hat/completions", 404),
        ("/v1/batches", 404),
    ] {
        let body = r#"{"model":"missing"}"#;
        let length = format!("Content-Length: {}", body.len());
        let headers = [scene.bearer.as_str(), &length];
        let response = gateway.request(&format!("POST {path}"), &headers, body);
        assert_status(&response, expected);
    }
}
