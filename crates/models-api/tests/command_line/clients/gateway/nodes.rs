//! The gateway before real nodes.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::haproxy::{Gateway, NODES, TIMEOUT, get};
use crate::program::{Program, Serving};

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
        let deleted = gateway.request("DELETE", &path(id), &bearer);
        assert!(deleted.starts_with("HTTP/1.1 200"), "{deleted}");
        // Enough requests for each node to respond.
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
            "a node got no request: {metrics}"
        );
    }
    // Clients do not notice a node that is killed.
    drop(nodes.pop());
    for id in ids[10..].iter().cycle().take(50) {
        let response = gateway.get(&path(id), &bearer);
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    }
    let metrics = gateway.get("/metrics", &bearer);
    assert!(metrics.starts_with("HTTP/1.1 404"), "{metrics}");
}

/// The node has the shipped settings for nodes behind the gateway.
#[test]
fn gateway_nodes_and_responses_share_a_request_id_and_log_no_key() {
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
        let deadline = Instant::now() + TIMEOUT;
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
        let response = gateway.get(&path, "X-Request-Id: mine\r\n");
        let id = response
            .lines()
            .find_map(|line| line.strip_prefix("x-request-id: "));
        let id = id.unwrap_or_else(|| panic!("{response}")).to_owned();
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
    assert_eq!(ids.len(), 7, "each request has its own id");
    let text = format!("{}{:?}", gateway.log(), node.log());
    for piece in ["qlU3IEQq9L", "FSDAnKMd0", &letters[letters.len() - 30..]] {
        assert!(!text.contains(piece), "{piece}: {text}");
    }
    // The gateway's own responses also have an id.
    drop(node);
    let response = gateway.get("/v1/models", "");
    let id = response
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "));
    let id = id.unwrap_or_else(|| panic!("{response}"));
    assert!(response.starts_with("HTTP/1.1 50"), "{response}");
    line_with(&of_gateway, id);
}
