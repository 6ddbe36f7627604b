//! The readiness of a node whose database fails partly.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use models_core::Role;
use serde_json::Value;
use sqlx::{Connection, Executor, PgConnection};
use test_database::Proxy;

use crate::service::TestService;
use crate::service::client::send;

async fn ready(operations: SocketAddr) -> (u16, Value) {
    let ready = send(operations, "GET", "/health/ready", &[]).await;
    (ready.status, ready.json())
}

/// Waits until the readiness check has this status, and this value of the key.
async fn becomes(operations: SocketAddr, status: u16, key: &str, value: &str) {
    let began = Instant::now();
    loop {
        let (found, body) = ready(operations).await;
        if found == status && body[key] == value {
            return;
        }
        let passed = began.elapsed();
        assert!(passed < Duration::from_secs(20), "{found} {body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_renews_its_lease_and_cannot_read_is_not_ready() {
    let service = TestService::on_postgres().await;
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    assert_eq!(reader.get("/v1/models").await.status, 200);
    let (status, body) = ready(service.operations).await;
    assert_eq!(
        (status, &body["reads"], &body["writes"]),
        (200, &"ok".into(), &"ok".into())
    );
    let began = Instant::now();
    service
        .execute("ALTER TABLE events RENAME TO elsewhere")
        .await;
    becomes(service.operations, 503, "reads", "failing").await;
    let passed = began.elapsed();
    assert!(passed >= Duration::from_secs(5), "{passed:?}");
    let (_, body) = ready(service.operations).await;
    assert_eq!(body["lease"], "ok", "{body}");
    let live = send(service.operations, "GET", "/health/live", &[]).await;
    assert_eq!(live.status, 200);
    assert_eq!(
        reader.get("/v1/models").await.status,
        200,
        "a node with a lease still serves from memory"
    );
    service
        .execute("ALTER TABLE elsewhere RENAME TO events")
        .await;
    becomes(service.operations, 200, "reads", "ok").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_writes_are_shown_and_counted_and_the_node_stays_ready() {
    let service = TestService::on_postgres().await;
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let count = async || {
        let metrics = send(service.operations, "GET", "/metrics", &[]).await.body;
        let name = "models_database_failures_total{operation=\"write\"} ";
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(count().await, 0);
    // Only changes wait for this row.
    let mut other = PgConnection::connect(service.database_url()).await.unwrap();
    let lock = "BEGIN; SELECT revision FROM catalog FOR UPDATE";
    other.execute(lock).await.unwrap();
    assert_eq!(owner.delete("/v1/models/own").await.status, 503);
    other.execute("ROLLBACK").await.unwrap();
    let (status, body) = ready(service.operations).await;
    assert_eq!(
        (status, &body["writes"]),
        (200, &"failing".into()),
        "{body}"
    );
    assert!(count().await > 0);
    // A refusal that concerns only the request is not a failure of the database.
    let before = count().await;
    assert_eq!(owner.delete("/v1/models/missing").await.status, 404);
    assert_eq!(owner.delete("/v1/models/own").await.status, 200);
    let (_, body) = ready(service.operations).await;
    assert_eq!((&body["writes"], count().await), (&"ok".into(), before));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_deletion_is_a_503_and_can_be_retried() {
    let service = TestService::on_postgres().await;
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let proxy = Proxy::before(service.database_url()).await;
    let node = service.node_through(proxy.url()).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let owner = node.bearer(owner.token.as_ref().unwrap());
    proxy.black_hole_after("COMMIT;");
    let response = owner.delete("/v1/models/own").await;
    assert!(proxy.is_triggered());
    let body = r#"{"error":{"message":"The server is overloaded or not ready yet. The change may have been made nevertheless; check before you retry.","type":"service_unavailable_error","param":null,"code":"server_is_overloaded"}}"#;
    assert_eq!((response.status, response.body.as_str()), (503, body));
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(response.header("x-should-retry"), None);
    let again = [("x-stainless-retry-count", "1")];
    let response = owner.send("DELETE", "/v1/models/own", &again).await;
    assert_eq!(response.status, 200, "{response:?}");
    for node in [&service, &node] {
        let reader = node.bearer(owner.token.as_ref().unwrap());
        assert_eq!(reader.get("/v1/models/own").await.status, 404);
    }
}
