//! The operations listener: health, metrics, and an orderly stop.

use std::time::{Duration, Instant};

use models_core::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::service::client::{Response, send};
use crate::service::{TestService, origin};

async fn get(service: &TestService, path: &str) -> Response {
    send(service.operations, "GET", path, &[]).await
}

pub async fn health_is_served_on_the_operations_listener_only(service: TestService) {
    let live = get(&service, "/health/live").await;
    assert_eq!(
        (live.status, live.json()["status"].as_str()),
        (200, Some("live"))
    );
    let ready = get(&service, "/health/ready").await;
    assert_eq!(ready.status, 200, "{ready:?}");
    let body = ready.json();
    for (name, value) in [("status", "ready"), ("database", "ok"), ("lease", "ok")] {
        assert_eq!(body[name], value, "{body}");
    }
    assert_eq!(get(&service, "/v1/models").await.status, 404);
    for path in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(service.anonymous().get(path).await.status, 404);
    }
}

/// Sends these parts to the operations listener one by one, and returns its bytes until it closes.
async fn exchange(service: &TestService, parts: &[&str]) -> String {
    let mut stream = TcpStream::connect(service.operations).await.unwrap();
    for part in parts {
        stream.write_all(part.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut received = String::new();
    stream.read_to_string(&mut received).await.unwrap();
    received
}

pub async fn a_body_or_an_upgrade_closes_an_operations_connection(service: TestService) {
    let next = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let get = |more: &str| next.replace("\r\n\r\n", more);
    let chunked = get("\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    let sized = get("\r\nContent-Length: 5\r\n\r\nhello");
    let large = get("\r\nContent-Length: 70000\r\n\r\n") + &"x".repeat(70_000);
    let offer = get("\r\nConnection: Upg");
    for parts in [
        &[chunked.as_str(), next][..],
        &[&sized, next],
        &[&large, next],
        &[&offer, "rade\r\nUpgrade: h2c\r\n\r\n", next],
    ] {
        let received = exchange(&service, parts).await;
        let responses = received.matches("HTTP/1.1 ").count();
        assert!(
            responses == 1
                && received.starts_with("HTTP/1.1 200 ")
                && received.contains("\r\nconnection: close\r\n")
                && received.ends_with("{\"status\":\"live\"}"),
            "{parts:?}: {received}"
        );
    }
}

pub async fn responses_are_counted_by_route_and_not_by_tenant(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("secret-model", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    for _ in 0..3 {
        owner.get("/v1/models/secret-model").await;
    }
    owner
        .send("GET", "/v1/models", &[("If-None-Match", "*")])
        .await;
    owner.get("/v1/models/missing").await;
    owner.send("BREW", "/v1/models", &[]).await;
    service.anonymous().get("/v1/models").await;
    service.bearer("sk-unknown").get("/v1/models").await;
    owner.delete("/v1/models/secret-model").await;
    let metrics = get(&service, "/metrics").await;
    assert!(
        metrics
            .header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    let count = |method, route, status| {
        format!(
            "http_server_request_duration_seconds_count{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}"
        )
    };
    let one = "/v1/models/{model}";
    for (name, value) in [
        (count("GET", one, "200"), "3"),
        (count("GET", one, "404"), "1"),
        (count("DELETE", one, "200"), "1"),
        (count("GET", "/v1/models", "304"), "1"),
        (count("GET", "/v1/models", "401"), "2"),
        (count("OTHER", "/v1/models", "405"), "1"),
        (
            "models_authentication_failures_total{reason=\"missing\"}".to_owned(),
            "1",
        ),
        (
            "models_authentication_failures_total{reason=\"incorrect\"}".to_owned(),
            "1",
        ),
        ("models_barrier_wait_seconds_count".to_owned(), "1"),
        ("models_revision_lag".to_owned(), "0"),
        ("http_server_active_requests".to_owned(), "0"),
    ] {
        let line = format!("{name} {value}");
        assert!(
            metrics.body.lines().any(|found| found == line),
            "{line}:\n{}",
            metrics.body
        );
    }
    for name in [
        "models_revision_applied ",
        "models_lease_remaining_seconds ",
        "models_cache_hits_total{cache=\"keys\"} ",
        "models_cache_bytes{cache=\"views\"} ",
        "models_database_connections{pool=\"reader\"} ",
        "models_catalog_keys ",
        "models_build_info{",
        "process_resident_memory_bytes ",
    ] {
        assert!(
            metrics.body.contains(&format!("\n{name}")),
            "{name}:\n{}",
            metrics.body
        );
    }
    let token = owner.token.as_ref().unwrap();
    for secret in ["acme", "secret-model", &token[..20], acme.id.as_str()] {
        assert!(!metrics.body.contains(secret), "{secret}");
    }
}

/// A node counts when it starts.
pub async fn the_contents_of_the_catalog_are_counted(service: TestService) {
    let acme = service.organization("acme").await;
    let gone = service.organization("gone").await;
    service.caller(&acme, Role::Owner).await;
    service.caller(&gone, Role::Owner).await;
    service.admin(&acme).await;
    service.models(Some(&acme), &[("a", 1), ("b", 1)]).await;
    service.models(Some(&gone), &[("a", 1)]).await;
    service.models(None, &[("public", 1)]).await;
    let deletion = service.store.organizations.delete(&gone.id, origin());
    assert!(deletion.await.unwrap().is_some());
    let node = service.another_node().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let body = get(&node, "/metrics").await.body;
        let has = |line: &str| body.lines().any(|found| found == line);
        let is_counted = [
            "models_catalog_models 3",
            "models_catalog_organizations 1",
            "models_catalog_projects 1",
            "models_catalog_keys 2",
            "models_catalog_expiring_keys 0",
        ]
        .into_iter()
        .all(has);
        if is_counted {
            break;
        }
        assert!(Instant::now() < deadline, "{body}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn a_stopping_service_is_not_ready_and_serves_until_the_drain_delay_ends(
    service: TestService,
) {
    let mut service = service
        .with_settings(&[("MODELS__SERVER__DRAIN_DELAY", "2")])
        .await;
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    let operations = service.operations;
    let stopping = tokio::spawn(async move { service.stop().await });
    let ready = loop {
        let ready = send(operations, "GET", "/health/ready", &[]).await;
        if ready.status != 200 {
            break ready;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(
        (ready.status, ready.json()["draining"].as_bool()),
        (503, Some(true))
    );
    assert_eq!(reader.get("/v1/models").await.status, 200);
    assert_eq!(
        send(operations, "GET", "/health/live", &[]).await.status,
        200
    );
    stopping.await.unwrap();
}

/// Appends an event of a kind that this version does not know. `catalog` holds further changes to the catalog's row.
async fn append_a_row_of_a_newer_version(service: &TestService, catalog: &str) {
    service
        .execute(&format!(
            "BEGIN; UPDATE catalog SET revision = revision + 1{catalog}; \
            INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
            SELECT revision, 1, 'command_line', 'policy.updated', NULL, 'x', '{{\"type\":\"policy.updated\"}}' FROM catalog; \
            COMMIT"
        ))
        .await;
}

pub async fn a_node_below_the_catalogs_level_is_not_ready_and_reports_the_needed_level(
    service: TestService,
) {
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    assert_eq!(reader.get("/v1/models").await.status, 200);
    let body = get(&service, "/health/ready").await.json();
    assert_eq!(body.get("needed_level"), None, "{body}");
    append_a_row_of_a_newer_version(&service, ", level = 7").await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while reader.get("/v1/models").await.status != 503 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let ready = get(&service, "/health/ready").await;
    let body = ready.json();
    assert_eq!(
        (ready.status, &body["needed_level"]),
        (503, &7.into()),
        "{body}"
    );
}

/// Only a newer version knows which data the event invalidates.
pub async fn an_unknown_event_makes_a_node_drop_its_caches(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let reader = service.caller(&acme, Role::Reader).await;
    assert_eq!(reader.get("/v1/models/own").await.status, 200);
    service.execute("DELETE FROM models WHERE id = 'own'").await;
    let stale = reader.get("/v1/models/own").await.status;
    assert_eq!(stale, 200, "the control: memory serves a deleted model");
    append_a_row_of_a_newer_version(&service, "").await;
    service.catch_up().await;
    assert_eq!(reader.get("/v1/models/own").await.status, 404);
}
