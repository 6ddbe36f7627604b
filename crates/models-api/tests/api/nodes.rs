//! Several nodes of one catalog: what is gone on one is gone on all, also on one that is cut off.

use std::time::{Duration, Instant};

use models_core::Role;
use models_store::{Options, open};

use crate::service::{TestService, origin};

/// With the settings of the tests' nodes.
const OPTIONS: Options = Options {
    max_connections: 2,
    connect_timeout: Duration::from_secs(5),
    lease: Duration::from_secs(15),
    create: false,
};

pub async fn what_is_deleted_on_one_node_is_gone_on_every_other(service: TestService) {
    let acme = service.organization("acme").await;
    let names: Vec<String> = (0..30).map(|number| format!("model-{number}")).collect();
    let models: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
    service.models(Some(&acme), &models).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let node = service.another_node().await;
    let elsewhere = owner.at(&node);
    for name in &names {
        let path = format!("/v1/models/{name}");
        assert_eq!(
            elsewhere.get(&path).await.status,
            200,
            "it is in memory there"
        );
        assert_eq!(owner.delete(&path).await.status, 200);
        assert_eq!(elsewhere.get(&path).await.status, 404);
        let list = elsewhere.get("/v1/models").await;
        assert!(!list.body.contains(&format!("\"{name}\"")), "{}", list.body);
    }
}

/// As the command line revokes: with a store of its own.
pub async fn a_key_that_another_process_revoked_is_refused_at_once(service: TestService) {
    let acme = service.organization("acme").await;
    let operator = open(service.database_url(), OPTIONS).await.unwrap();
    for _ in 0..10 {
        let caller = service.caller(&acme, Role::Reader).await;
        assert_eq!(caller.get("/v1/models").await.status, 200);
        let id = caller.key.as_ref().unwrap().id.clone();
        operator.api_keys.revoke(&id, origin()).await.unwrap();
        assert_eq!(caller.get("/v1/models").await.status, 401);
    }
}

/// A change that waits for nobody, as one behind the service's back: it is the control, which shows
/// that the other node does answer from memory and that the waiting is what makes the difference.
pub async fn without_the_wait_a_node_would_show_what_is_gone(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    assert_eq!(owner.get("/v1/models/own").await.status, 200);
    service.execute("DELETE FROM models WHERE id = 'own'").await;
    assert_eq!(owner.get("/v1/models/own").await.status, 200);
}

/// A node that neither applies nor renews, like one that is cut off from the database, is waited for
/// as long as its lease, and then taken out.
pub async fn a_silent_node_is_waited_for_as_long_as_its_lease(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("one", 1), ("two", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    // Of another history: however far it is in that one, it says nothing about this one.
    service
        .add_silent_node("node_silent", 1_000_000, 1_000)
        .await;
    let began = Instant::now();
    assert_eq!(owner.delete("/v1/models/one").await.status, 200);
    let waited = began.elapsed();
    assert!(
        waited >= Duration::from_secs(1) && waited < Duration::from_millis(1_500),
        "{waited:?}"
    );
    // At the next look, a second later at the latest, nobody waits for it any more.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let began = Instant::now();
    assert_eq!(owner.delete("/v1/models/two").await.status, 200);
    assert!(began.elapsed() < Duration::from_millis(900));
}

pub async fn a_node_that_was_taken_out_begins_anew(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    assert_eq!(owner.get("/v1/models/own").await.status, 200);
    service.execute_on_nodes("DELETE FROM nodes").await;
    // Its memory was true until then; behind its back it is made untrue, without an event.
    service.execute("DELETE FROM models WHERE id = 'own'").await;
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    assert_eq!(
        owner.get("/v1/models/own").await.status,
        404,
        "it has forgotten everything"
    );
}
