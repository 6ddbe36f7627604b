//! The log lines of refusals, changes and unreadable requests, and the limit on their number.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{Program, Serving, shell};

/// The longest time until a line is in the log.
const TIMEOUT: Duration = Duration::from_secs(30);

fn with_acme() -> Program {
    let program = Program::on_sqlite().with("MODELS__BOOTSTRAP", "false");
    program.json(&["organization", "create", "--slug", "acme", "--name", "Acme"]);
    program
}

fn key(program: &Program, more: &[&str]) -> (String, String) {
    let create = ["key", "create", "--organization", "acme", "--name", "n"];
    let key = program.json(&[&create[..], more].concat());
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    (text("id"), text("value"))
}

/// Sends a request with curl, and returns the response with its head.
fn request(service: &Serving, path: &str, options: &str) -> String {
    let address = &service.address;
    shell(&format!(
        "curl -si --path-as-is {options} 'http://{address}{path}'"
    ))
}

fn header(response: &str, name: &str) -> String {
    let line = response
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("{response}")).to_owned()
}

/// The parts of a refusal that must not depend on the incorrect key: the head, and the end of the message.
fn without_the_key(response: &str) -> (Vec<String>, String) {
    const VARY: [&str; 4] = [
        "x-request-id",
        "date",
        "openai-processing-ms",
        "content-length",
    ];
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let lines = head.lines().map(str::to_owned);
    let mut head: Vec<String> = lines
        .filter(|line| !VARY.iter().any(|name| line.starts_with(name)))
        .collect();
    head.sort();
    let message = body.split_once("provided: ").unwrap().1;
    (head, message.split_once('.').unwrap().1.to_owned())
}

/// Waits for a line that matches, and returns the first.
fn line(service: &Serving, is_sought: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let log = service.log();
        if let Some(line) = log.iter().find(|line| is_sought(line)) {
            return line.clone();
        }
        assert!(Instant::now() < deadline, "{log:?}");
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn the_line_of_a_refusal_names_reason_key_and_client() {
    let program = with_acme().with("MODELS__SERVER__TRUSTED_PROXIES", "127.0.0.1");
    let (revoked, revoked_secret) = key(&program, &["--role", "reader"]);
    assert!(program.run(&["key", "revoke", &revoked]).succeeded);
    let (expired, expired_secret) = key(&program, &["--role", "reader", "--expires-in", "1s"]);
    let (reader, reader_secret) = key(&program, &["--role", "reader"]);
    sleep(Duration::from_millis(2_100));
    let service = program.serve();
    let bearer = |secret: &str| format!("-H 'Authorization: Bearer {secret}'");
    let none = Value::Null;
    let known = |id: &str| (json!(id), json!("acme"));
    let unknown = (none.clone(), none.clone());
    let mut bodies = vec![];
    for (reason, options, status, key) in [
        ("missing", String::new(), 401, unknown.clone()),
        (
            "malformed",
            "-H 'Authorization: Basic YTpi'".to_owned(),
            401,
            unknown.clone(),
        ),
        (
            "malformed",
            "-H 'Authorization: Bearer'".to_owned(),
            401,
            unknown.clone(),
        ),
        (
            "malformed",
            bearer("sk-mdl-of-no-such-form-0123"),
            401,
            unknown.clone(),
        ),
        (
            "unknown",
            bearer("sk-nobody-ever-made-it-0123"),
            401,
            unknown.clone(),
        ),
        ("expired", bearer(&expired_secret), 401, known(&expired)),
        // Memory now serves the refusal.
        ("expired", bearer(&expired_secret), 401, known(&expired)),
        ("revoked", bearer(&revoked_secret), 401, known(&revoked)),
        (
            "organization",
            bearer(&reader_secret) + " -H 'OpenAI-Organization: other'",
            401,
            known(&reader),
        ),
        (
            "project",
            bearer(&reader_secret) + " -H 'OpenAI-Project: other'",
            401,
            known(&reader),
        ),
        (
            "role",
            bearer(&reader_secret) + " -X DELETE",
            403,
            known(&reader),
        ),
    ] {
        let agent = "-A 'tool/1.0' -H 'X-Forwarded-For: 192.0.2.1, 198.51.100.7'";
        let response = request(&service, "/v1/models/m", &format!("{options} {agent}"));
        let id = header(&response, "x-request-id");
        let line = line(&service, |line| line["request_id"] == id.as_str());
        assert_eq!(line["reason"], reason, "{line}");
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(
            (line["key_id"].clone(), line["organization"].clone()),
            key,
            "{line}"
        );
        assert_eq!(line["client"], "198.51.100.7", "{line}");
        assert_eq!(line["user_agent"], "tool/1.0", "{line}");
        assert!(line["bytes"].is_u64() && line["ms"].is_f64(), "{line}");
        let digits = line["ms"].to_string();
        let digits = digits.split_once('.').map_or(0, |(_, digits)| digits.len());
        assert!(digits <= 3, "{line}");
        if ["unknown", "expired", "revoked"].contains(&reason) {
            bodies.push(without_the_key(&response));
        }
    }
    bodies.dedup();
    assert_eq!(
        bodies.len(),
        1,
        "the client cannot tell the reasons apart: {bodies:?}"
    );
}

#[test]
fn text_from_a_client_is_bounded_and_escaped() {
    let program = with_acme();
    let service = program.serve();
    let long = "a".repeat(3_000);
    request(
        &service,
        &format!("/v1/models/{long}"),
        &format!("-A \"$(printf '\\302\\233\\t{long}')\""),
    );
    let line = line(&service, |line| line["status"] == 401);
    let length = |name: &str| line[name].as_str().unwrap().chars().count();
    assert_eq!(
        (length("path"), length("user_agent")),
        (1_025, 254 + 6 + 5 + 1)
    );
    assert!(
        line["user_agent"]
            .as_str()
            .unwrap()
            .starts_with("\\u{9b}\\u{9}aaa"),
        "{line}"
    );
}

#[test]
fn every_change_is_logged_with_any_setting() {
    let program = with_acme();
    let (id, secret) = key(&program, &["--role", "owner"]);
    let import = ["model", "import", "-", "--organization", "acme"];
    let imported = program.run_with(&import, r#"[{"id":"one"},{"id":"sk-two"}]"#);
    assert!(imported.succeeded, "{imported:?}");
    let service = program.serve();
    for (model, shown) in [("one", "one"), ("sk-two", "sk-...")] {
        let options =
            format!("-X DELETE -H 'Authorization: Bearer {secret}' -H 'X-Client-Request-Id: mine'");
        let response = request(&service, &format!("/v1/models/{model}"), &options);
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
        let request_id = header(&response, "x-request-id");
        let line = line(&service, |line| line["request_id"] == request_id.as_str());
        for (name, value) in [
            ("level", json!("INFO")),
            ("message", json!("changed")),
            ("kind", json!("model.deleted")),
            ("model", json!(shown)),
            ("key_id", json!(id)),
            ("organization", json!("acme")),
            ("client", json!("127.0.0.1")),
            ("client_request_id", json!("mine")),
        ] {
            assert_eq!(line[name], value, "{line}");
        }
        assert!(line["revision"].is_i64(), "{line}");
        assert!(
            line["user_agent"].as_str().unwrap().starts_with("curl/"),
            "{line}"
        );
    }
    let log = service.log();
    let of_requests = log.iter().filter(|line| line.get("route").is_some());
    assert_eq!(of_requests.count(), 0, "{log:?}");
}

/// Sends these bytes, and returns the received bytes.
fn send(service: &Serving, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(&service.address).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream.write_all(bytes).unwrap();
    let mut response = vec![];
    // The connection may end with a reset after the response.
    let _ = stream.read_to_end(&mut response);
    String::from_utf8_lossy(&response).into_owned()
}

#[test]
fn an_unreadable_request_is_logged_with_the_id_of_its_response() {
    let program = with_acme().with("MODELS__LIMITS__HEAD_TIMEOUT", "1");
    let service = program.serve();
    let head = "GET /v1/models HTTP/1.1\r\nHost: models\r\n";
    for (status, reason, bytes) in [
        (400, json!("unreadable"), "\x16\x03\x01\r\n\r\n".to_owned()),
        (
            400,
            json!("unreadable"),
            format!("{head}sk-mdl-abc\r\n\r\n"),
        ),
        (
            400,
            json!("unreadable"),
            format!("{head}Transfer-Encoding: chunked\r\n\r\nsk-mdl-abc\r\n"),
        ),
        (408, Value::Null, head.to_owned()),
    ] {
        let response = send(&service, bytes.as_bytes());
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}")),
            "{response}"
        );
        if response.matches("HTTP/1.1").count() > 1 {
            continue;
        }
        let id = header(&response, "x-request-id");
        let line = line(&service, |line| line["request_id"] == id.as_str());
        assert_eq!(
            (&line["status"], &line["reason"]),
            (&json!(status), &reason),
            "{line}"
        );
        assert_eq!(
            (&line["level"], &line["client"]),
            (&json!("INFO"), &json!("127.0.0.1")),
            "{line}"
        );
    }
}

/// Sends this number of requests on each of several connections, as fast as the service reads them. Returns their total
/// number.
fn flood(service: &Serving, request: &str, requests: usize) -> usize {
    const CONNECTIONS: usize = 4;
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let stream = TcpStream::connect(&service.address).unwrap();
                let (mut reader, mut writer) = (stream.try_clone().unwrap(), stream);
                let reading = thread::spawn(move || {
                    let mut buffer = vec![0; 1 << 16];
                    while reader.read(&mut buffer).is_ok_and(|length| length > 0) {}
                });
                for _ in 0..requests {
                    if writer.write_all(request.as_bytes()).is_err() {
                        break;
                    }
                }
                let _ = writer.shutdown(Shutdown::Write);
                reading.join().unwrap();
            });
        }
    });
    CONNECTIONS * requests
}

/// The length of these lines with their line ends, in bytes.
fn length(log: &[Value]) -> usize {
    log.iter().map(|line| line.to_string().len() + 1).sum()
}

/// The control: the service logs all successful responses if the operator demands it.
#[test]
fn a_client_without_a_key_cannot_fill_the_log() {
    const LONGEST_LINE: usize = 700;
    let program = with_acme().with("MODELS__LIMITS__IDLE_TIMEOUT", "60");
    let (_, secret) = key(&program, &["--role", "reader"]);
    let service = program.serve();
    let request = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: models\r\nX-A: {}\r\n\r\n",
            "a".repeat(70)
        )
    };
    let (unknown, list) = (request("/v2/nothing"), request("/v1/models"));
    let began = Instant::now();
    let sent = flood(&service, &unknown, 5_000) + flood(&service, &list, 5_000);
    let refused = |line: &&Value| {
        line["status"] == 404 || line["status"] == 401 || line["reason"] == "missing"
    };
    // Each refusal has a line, or is counted as left out.
    let log = loop {
        let log = service.log();
        let lines = log.iter().filter(refused);
        let counts = lines.map(|line| line["left_out"].as_u64().unwrap_or(1));
        if counts.sum::<u64>() == sent as u64 {
            break log;
        }
        assert!(
            began.elapsed() < 4 * TIMEOUT,
            "{:?}",
            log.iter().filter(refused).collect::<Vec<_>>()
        );
        sleep(Duration::from_millis(50));
    };
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap() + 2;
    let most = 2 * seconds * (20 + 1) * LONGEST_LINE;
    println!(
        "{sent} refused requests in {seconds} s: {} bytes of log, at most {most}",
        length(&log)
    );
    assert!(length(&log) <= most, "{}", length(&log));
    assert!(log.iter().any(|line| line["left_out"].as_u64() > Some(100)));
    drop(service);

    let program = program.with("MODELS__LOG__REQUESTS", "all");
    let service = program.serve();
    let good = list.replace("X-A: ", &format!("Authorization: Bearer {secret}\r\nX-A: "));
    let sent = flood(&service, &good, 500);
    let began = Instant::now();
    while service
        .log()
        .iter()
        .filter(|line| line["status"] == 200)
        .count()
        < sent
    {
        assert!(began.elapsed() < TIMEOUT);
        sleep(Duration::from_millis(50));
    }
    assert!(length(&service.log()) > sent * good.len());
}
