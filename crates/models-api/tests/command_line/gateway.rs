//! The gateway's configuration that is shipped, in a `haproxy` of this machine's: before three nodes, and before
//! servers that show what a node would get.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::program::{Program, Serving};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/haproxy.cfg");
/// What it gives a client for a head, or a body.
const PATIENCE: Duration = Duration::from_secs(10);
const NODES: usize = 3;
const READY: &str = "/health/ready";
const LIVE: &str = "/health/live";
/// A server takes what is asked here, and closes the connection.
const DROPPED: &str = "/dropped";

struct Gateway {
    address: String,
    process: Child,
    log: NamedTempFile,
}

impl Gateway {
    /// Before these, each an address and the port of its health.
    fn before(nodes: &[(String, String); NODES]) -> Self {
        // Somebody else may take the port before it does.
        let mut tries = (0..5).map(|_| Self::start(nodes));
        let gateway = tries.find_map(Result::ok);
        gateway.unwrap_or_else(|| panic!("{:?}", Self::start(nodes).err()))
    }

    fn start(nodes: &[(String, String); NODES]) -> Result<Self, String> {
        let log = NamedTempFile::new().unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        drop(socket);
        let mut command = Command::new("haproxy");
        command
            .args(["-f", CONFIG])
            .env("GATEWAY_BIND", &address)
            .stdout(log.reopen().unwrap())
            .stderr(log.reopen().unwrap());
        for (number, (node, check_port)) in (1..).zip(nodes) {
            command.env(format!("APP{number}_ADDR"), node);
            command.env(format!("APP{number}_CHECK_PORT"), check_port);
        }
        let process = command.spawn().unwrap_or_else(|error| {
            panic!("haproxy (Debian and Ubuntu: apt-get install haproxy): {error}")
        });
        let mut gateway = Self {
            address,
            process,
            log,
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            if gateway.process.try_wait().unwrap().is_some() || Instant::now() > deadline {
                return Err(gateway.log());
            }
            if TcpStream::connect(&gateway.address).is_ok()
                && !gateway.get("/", "").starts_with("HTTP/1.1 503")
            {
                return Ok(gateway);
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    fn get(&self, path: &str, headers: &str) -> String {
        get(&self.address, path, headers)
    }

    fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        ask(&self.address, method, path, headers)
    }
}

fn get(address: &str, path: &str, headers: &str) -> String {
    ask(address, "GET", path, headers)
}

/// The whole answer.
fn ask(address: &str, method: &str, path: &str, headers: &str) -> String {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: models\r\nConnection: close\r\n{headers}\r\n");
    send(address, &request)
}

/// What comes back for these bytes until the connection is closed.
fn send(address: &str, bytes: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(3 * PATIENCE)).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// In a node's place: keeps the head of each request.
#[derive(Clone)]
struct Recorder {
    port: String,
    heads: Arc<Mutex<Vec<String>>>,
    /// What it says of its health.
    is_unready: Arc<AtomicBool>,
    is_dead: Arc<AtomicBool>,
}

impl Recorder {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let recorder = Self {
            port: listener.local_addr().unwrap().port().to_string(),
            heads: Arc::default(),
            is_unready: Arc::default(),
            is_dead: Arc::default(),
        };
        let recording = recorder.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let recording = recording.clone();
                thread::spawn(move || recording.answer(&stream.unwrap()));
            }
        });
        recorder
    }

    fn answer(&self, mut stream: &TcpStream) {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let Some(first) = head.first() else { return };
        let is_bad = match first.split(' ').nth(1) {
            Some(READY) => self.is_unready.load(Ordering::Acquire),
            Some(LIVE) => self.is_dead.load(Ordering::Acquire),
            _ => false,
        };
        if is_bad {
            let answer = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer);
            return;
        }
        if !first.contains("/health/") {
            self.heads.lock().unwrap().push(head.join("\n"));
        }
        if !first.contains(DROPPED) {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            // The gateway may be gone.
            let _ = stream.write_all(answer);
        }
    }
}

/// A gateway before recorders, and what those have got of a path.
struct Recorded {
    gateway: Gateway,
    recorders: [Recorder; NODES],
}

impl Recorded {
    fn start() -> Self {
        let recorders = std::array::from_fn(|_| Recorder::start());
        let nodes = recorders.each_ref().map(|recorder| {
            let port = &recorder.port;
            (format!("127.0.0.1:{port}"), port.clone())
        });
        Self {
            gateway: Gateway::before(&nodes),
            recorders,
        }
    }

    fn heads(&self, path: &str) -> Vec<String> {
        self.heads_of_each(path).concat()
    }

    fn heads_of_each(&self, path: &str) -> [Vec<String>; NODES] {
        self.recorders.each_ref().map(|recorder| {
            let heads = recorder.heads.lock().unwrap();
            let is_asked = |head: &&String| head.split(' ').nth(1) == Some(path);
            heads.iter().filter(is_asked).cloned().collect()
        })
    }
}

#[test]
fn a_path_goes_on_as_it_came_and_what_a_client_says_of_itself_does_not() {
    let recorded = Recorded::start();
    for path in [
        "/v1/models/vendor%2Fmodel",
        "/v1/models/vendor/model",
        "/v1/models/a%2f..%2Fb//c/./d?limit=%32",
        "/v1/models/%E2%82%AC%00",
    ] {
        let answer = recorded.gateway.get(
            path,
            "Authorization: Bearer sk-1\r\nX-Request-Id: mine\r\nX-Forwarded-For: 192.0.2.1\r\n\
            X-Forwarded-User: root\r\nX-Forwarded-Email: root@example.com\r\nx-forwarded-groups: owners\r\nX-REMOTE-USER: root\r\n",
        );
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let heads = recorded.heads(path);
        let [head] = &heads[..] else {
            panic!("{path}: {heads:?}")
        };
        let mut lines = head.lines();
        assert_eq!(lines.next(), Some(format!("GET {path} HTTP/1.1").as_str()));
        let headers: Vec<(String, &str)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value))
            .collect();
        let values = |name: &str| -> Vec<&str> {
            let named = headers.iter().filter(|(other, _)| other == name);
            named.map(|(_, value)| *value).collect()
        };
        assert_eq!(values("authorization"), ["Bearer sk-1"]);
        assert_eq!(values("x-forwarded-for"), ["127.0.0.1"]);
        for gone in [
            "x-forwarded-user",
            "x-forwarded-email",
            "x-forwarded-groups",
            "x-remote-user",
        ] {
            assert!(values(gone).is_empty(), "{head}");
        }
        let ids = values("x-request-id");
        let [id] = ids[..] else { panic!("{head}") };
        assert!(id.len() > 20 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}

#[test]
fn what_a_node_drops_is_asked_of_the_others_but_for_a_deletion() {
    let recorded = Recorded::start();
    for (method, tries) in [("GET", 4), ("HEAD", 4), ("DELETE", 1), ("POST", 1)] {
        let path = format!("{DROPPED}/{method}");
        let answer = recorded.gateway.ask(method, &path, "");
        assert!(answer.starts_with("HTTP/1.1 502"), "{method}: {answer}");
        let asked = recorded.heads_of_each(&path).map(|heads| heads.len());
        assert_eq!(asked.iter().sum::<usize>(), tries, "{method}: {asked:?}");
        let nodes = asked.iter().filter(|times| **times > 0).count();
        assert_eq!(nodes, tries.min(NODES), "{method}: {asked:?}");
    }
}

#[test]
fn a_head_or_a_body_that_is_too_slow_is_told_so_and_comes_to_no_node() {
    let recorded = Recorded::start();
    let begun = Instant::now();
    thread::scope(|scope| {
        for (what, bytes) in [
            ("head", "DELETE /slow HTTP/1.1\r\nHost: mod"),
            (
                "body",
                "DELETE /slow HTTP/1.1\r\nHost: models\r\nContent-Length: 9\r\n\r\nab",
            ),
            (
                "chunks",
                "DELETE /slow HTTP/1.1\r\nHost: models\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
            ),
        ] {
            let gateway = &recorded.gateway;
            scope.spawn(move || {
                let answer = send(&gateway.address, bytes);
                assert!(answer.starts_with("HTTP/1.1 408"), "{what}: {answer}");
                let after = begun.elapsed();
                assert!(
                    after + Duration::from_secs(1) >= PATIENCE,
                    "{what}: {after:?}"
                );
            });
        }
    });
    assert!(recorded.heads("/slow").is_empty());
}

#[test]
fn nodes_that_are_alive_get_the_requests_while_no_node_is_ready() {
    let recorded = Recorded::start();
    for recorder in &recorded.recorders {
        recorder.is_unready.store(true, Ordering::Release);
    }
    recorded.recorders[0].is_dead.store(true, Ordering::Release);
    // A server is taken out after two checks, one a second. Nobody is refused, before or after.
    let deadline = Instant::now() + PATIENCE;
    let mut rounds = 0;
    let path = |round: u32| format!("/alive/{round}");
    let asked = |round| {
        recorded
            .heads_of_each(&path(round))
            .map(|heads| heads.len())
    };
    while Instant::now() < deadline {
        for _ in 0..2 * NODES {
            let answer = recorded.gateway.get(&path(rounds), "");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        rounds += 1;
        thread::sleep(Duration::from_millis(100));
    }
    let [dead, alive @ ..] = asked(rounds - 1);
    assert_eq!(dead, 0, "a node that is not alive is asked");
    assert!(alive.iter().all(|times| *times > 0), "{alive:?}");
    // The first that is ready gets all of them.
    recorded.recorders[1]
        .is_unready
        .store(false, Ordering::Release);
    let deadline = Instant::now() + PATIENCE;
    loop {
        rounds += 1;
        for _ in 0..2 * NODES {
            let answer = recorded.gateway.get(&path(rounds), "");
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        }
        if asked(rounds) == [0, 2 * NODES, 0] {
            break;
        }
        assert!(Instant::now() < deadline, "{:?}", asked(rounds));
        thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test]
async fn three_nodes_are_one_service() {
    let program = Program::on_postgres()
        .await
        .with("MODELS__BOOTSTRAP", "false");
    let organization = ["organization", "create", "--slug", "acme", "--name", "Acme"];
    program.json(&organization);
    let create = ["key", "create", "--organization", "acme", "--name", "k"];
    let key = program.json(&[&create[..], &["--role", "owner"]].concat());
    let bearer = format!(
        "Authorization: Bearer {}\r\n",
        key["value"].as_str().unwrap()
    );
    let ids: Vec<String> = (0..20)
        .map(|number| format!("ft:vendor/model:acme::{number:02}"))
        .collect();
    let models: Vec<Value> = ids
        .iter()
        .map(|id| serde_json::json!({"id": id, "created": 1_700_000_000}))
        .collect();
    let import = ["model", "import", "-", "--organization", "acme"];
    let imported = program.run_with(&import, &serde_json::json!(models).to_string());
    assert!(imported.succeeded, "{imported:?}");

    let mut nodes: Vec<Serving> = (0..NODES).map(|_| program.serve()).collect();
    let addresses: Vec<(String, String)> = nodes
        .iter()
        .map(|node| {
            (
                node.address.clone(),
                node.operations.rsplit(':').next().unwrap().to_owned(),
            )
        })
        .collect();
    let gateway = Gateway::before(&addresses.try_into().unwrap());
    let list = |gateway: &Gateway| gateway.get("/v1/models", &bearer);
    let path = |id: &str| format!("/v1/models/{}", id.replace('/', "%2F"));
    for id in &ids[..10] {
        let deleted = gateway.ask("DELETE", &path(id), &bearer);
        assert!(deleted.starts_with("HTTP/1.1 200"), "{deleted}");
        // Whichever nodes answer.
        for _ in 0..2 * NODES {
            let gone = gateway.get(&path(id), &bearer);
            assert!(gone.starts_with("HTTP/1.1 404"), "{gone}");
            assert!(!list(&gateway).contains(id.as_str()));
        }
    }
    for node in &nodes {
        let metrics = get(&node.operations, "/metrics", "");
        let deletions = "http_server_request_duration_seconds_count{method=\"GET\",route=\"/v1/models/{model}\",status=\"404\"}";
        assert!(
            metrics.contains(deletions),
            "a node was asked nothing: {metrics}"
        );
    }
    // One that ends without a word is not missed.
    drop(nodes.pop());
    for id in ids[10..].iter().cycle().take(50) {
        let answer = gateway.get(&path(id), &bearer);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let metrics = gateway.get("/metrics", &bearer);
    assert!(metrics.starts_with("HTTP/1.1 404"), "{metrics}");
}

/// With the settings that are shipped for nodes behind the gateway.
#[test]
fn the_gateway_the_nodes_and_the_responses_name_a_request_alike_and_no_log_has_a_key() {
    const KEY: &str = "sk-mdl-qlU3IEQq9LIvVJWwlmSnVFs2HZP49B9dpcnFSDAnKMd0fT4wk";
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
    let program = Program::on_sqlite()
        .with("MODELS_ENVIRONMENT", "production")
        .with("MODELS_CONFIG_DIRECTORY", config)
        .with("MODELS__SERVER__HOST", "127.0.0.1")
        .with("MODELS__OPERATIONS__HOST", "127.0.0.1");
    assert!(program.run(&["migrate"]).succeeded);
    let node = program.serve();
    let check_port = node.operations.rsplit(':').next().unwrap().to_owned();
    let nodes = [(); NODES].map(|()| (node.address.clone(), check_port.clone()));
    let gateway = Gateway::before(&nodes);
    let line_with = |text: &dyn Fn() -> Vec<String>, sought: &str| {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines = text();
            if let Some(line) = lines.iter().find(|line| line.contains(sought)) {
                return line.clone();
            }
            assert!(Instant::now() < deadline, "{sought}: {lines:?}");
            thread::sleep(Duration::from_millis(10));
        }
    };
    let of_gateway = || gateway.log().lines().map(str::to_owned).collect();
    let of_node = || node.log().iter().map(Value::to_string).collect();
    let dashes = KEY.replace('-', "%2d");
    let letters: Vec<String> = KEY.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let letters = letters.concat();
    let mut ids = vec![];
    for (path, logged) in [
        ("/v1/models/a%2Fb?limit=1".to_owned(), "/v1/models/a%2Fb"),
        (format!("/v1/models?key={KEY}"), "/v1/models"),
        (format!("/v1/models/{KEY}"), "***"),
        (format!("/v1/models/x/{dashes}"), "***"),
        (format!("/v1/{letters}"), "***"),
        (format!("/v1/{}", letters.replace('%', "%25")), "***"),
        (format!("/v1/%zz{letters}"), "***"),
    ] {
        let answer = gateway.get(&path, "X-Request-Id: mine\r\n");
        let id = answer
            .lines()
            .find_map(|line| line.strip_prefix("x-request-id: "));
        let id = id.unwrap_or_else(|| panic!("{answer}")).to_owned();
        let line = line_with(&of_gateway, &id);
        assert!(
            line.ends_with(&format!(" \"GET {logged} HTTP/1.1\" {id}")),
            "{line}"
        );
        let line = line_with(&of_node, &id);
        assert!(line.contains(&format!("\"request_id\":\"{id}\"")), "{line}");
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7, "each request has an id of its own");
    let text = format!("{}{:?}", gateway.log(), node.log());
    for piece in ["qlU3IEQq9L", "FSDAnKMd0", &letters[letters.len() - 30..]] {
        assert!(!text.contains(piece), "{piece}: {text}");
    }
    // Its own responses too.
    drop(node);
    let answer = gateway.get("/v1/models", "");
    let id = answer
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "));
    let id = id.unwrap_or_else(|| panic!("{answer}"));
    assert!(answer.starts_with("HTTP/1.1 50"), "{answer}");
    line_with(&of_gateway, id);
}
