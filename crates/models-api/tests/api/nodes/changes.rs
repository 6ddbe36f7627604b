//! Several nodes of one catalog: a change on one node takes effect on all, even on a silent one.

use std::time::{Duration, Instant};

use models_core::Role;
use models_node::Nodes;
use models_store::{Options, open};
use serde_json::json;

use crate::administration::{account, ids, project};
use crate::service::client::send;
use crate::service::{TestService, origin};

/// The settings of the tests' nodes.
const OPTIONS: Options = Options {
    max_connections: 2,
    connect_timeout: Duration::from_secs(5),
    lease: Duration::from_secs(15),
    create: false,
};

pub async fn a_model_deleted_on_one_node_is_deleted_on_every_node(service: TestService) {
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
            "the other node has the model in memory"
        );
        assert_eq!(owner.delete(&path).await.status, 200);
        assert_eq!(elsewhere.get(&path).await.status, 404);
        let list = elsewhere.get("/v1/models").await;
        assert!(!list.body.contains(&format!("\"{name}\"")), "{}", list.body);
    }
}

/// The other process revokes with its own store, like the command line.
pub async fn a_key_that_another_process_revoked_is_refused_at_once(service: TestService) {
    let acme = service.organization("acme").await;
    let operator = open(service.database_url(), OPTIONS, Nodes::new)
        .await
        .unwrap();
    for _ in 0..10 {
        let caller = service.caller(&acme, Role::Reader).await;
        assert_eq!(caller.get("/v1/models").await.status, 200);
        let id = caller.key.as_ref().unwrap().id.clone();
        operator.api_keys.revoke(&id, origin()).await.unwrap();
        assert_eq!(caller.get("/v1/models").await.status, 401);
    }
}

/// The other process deletes with its own store, like the command line.
pub async fn an_organization_that_another_process_deleted_is_gone_at_once(service: TestService) {
    let operator = open(service.database_url(), OPTIONS, Nodes::new)
        .await
        .unwrap();
    let other = service.organization("other").await;
    service.models(Some(&other), &[("own", 1)]).await;
    let beside = service.caller(&other, Role::Owner).await;
    let node = service.another_node().await;
    for number in 0..5 {
        let deleted = service.organization(&format!("deleted-{number}")).await;
        service.models(Some(&deleted), &[("own", 1)]).await;
        let owner = service.caller(&deleted, Role::Owner).await;
        let admin = service.admin(&deleted).await;
        for address in [&service, &node] {
            assert_eq!(owner.at(address).get("/v1/models/own").await.status, 200);
            let projects = "/v1/organization/projects";
            assert_eq!(admin.at(address).get(projects).await.status, 200);
        }
        let deletion = operator.organizations.delete(&deleted.id, origin());
        assert!(deletion.await.unwrap().is_some());
        for address in [&service, &node] {
            assert_eq!(owner.at(address).get("/v1/models/own").await.status, 401);
            let listed = admin.at(address).get("/v1/organization/projects").await;
            assert_eq!(listed.status, 401);
            assert_eq!(beside.at(address).get("/v1/models/own").await.status, 200);
        }
    }
}

/// The key is missing for a while, as in a restore, and no event reports that it is back.
pub async fn a_key_that_was_missing_for_a_while_is_accepted_again(service: TestService) {
    let acme = service.organization("acme").await;
    let caller = service.caller(&acme, Role::Reader).await;
    let hide = "UPDATE api_keys SET digest = 'hidden ' || digest";
    let show = "UPDATE api_keys SET digest = replace(digest, 'hidden ', '')";
    service.execute(hide).await;
    assert_eq!(caller.get("/v1/models").await.status, 401);
    service.execute(show).await;
    let restored = Instant::now();
    while caller.get("/v1/models").await.status == 401 {
        assert!(restored.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(caller.get("/v1/models").await.status, 200);
}

/// The control: a change by plain SQL does not wait at the barrier. The node still shows the model, so it serves from
/// memory, and only the barrier prevents that after a deletion.
pub async fn without_the_barrier_a_node_shows_a_deleted_model(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    assert_eq!(owner.get("/v1/models/own").await.status, 200);
    service.execute("DELETE FROM models WHERE id = 'own'").await;
    assert_eq!(owner.get("/v1/models/own").await.status, 200);
}

/// A silent node neither applies events nor renews its lease, like a node without contact to the database. The barrier
/// waits until its lease has expired, and its row is then removed.
pub async fn the_barrier_waits_for_the_lease_of_a_silent_node(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("one", 1), ("two", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    // The silent node has another epoch, so its applied revision does not count.
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
    // The next renewal, at most a second later, removes its row.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let began = Instant::now();
    assert_eq!(owner.delete("/v1/models/two").await.status, 200);
    assert!(began.elapsed() < Duration::from_millis(900));
}

pub async fn a_node_without_its_row_drops_its_caches(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(Some(&acme), &[("own", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    assert_eq!(owner.get("/v1/models/own").await.status, 200);
    service.execute_on_nodes("DELETE FROM nodes").await;
    // This change makes the node's memory stale without an event.
    service.execute("DELETE FROM models WHERE id = 'own'").await;
    tokio::time::sleep(Duration::from_millis(1_800)).await;
    assert_eq!(
        owner.get("/v1/models/own").await.status,
        404,
        "the node has dropped its caches"
    );
}

/// A change of a policy or of an organization's status returns once every node enforces it.
pub async fn a_restriction_made_on_one_node_is_enforced_on_every_node(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("public", 1), ("hidden", 2)]).await;
    let node = service.another_node().await;
    let admin = service.admin(&acme).await;
    let path = project(&admin, "one").await;
    let key = account(&admin, &path).await.key;
    let there = key.at(&node);
    let permissions = format!("{path}/model_permissions");
    let deny = json!({"mode": "deny_list", "model_ids": ["hidden"]});
    for _ in 0..10 {
        for caller in [&key, &there] {
            assert_eq!(caller.get("/v1/models/hidden").await.status, 200);
            assert_eq!(ids(&caller.get("/v1/models").await.json()).len(), 2);
        }
        assert_eq!(admin.post(&permissions, &deny).await.status, 200);
        assert_eq!(there.get("/v1/models/hidden").await.status, 404);
        assert_eq!(ids(&there.get("/v1/models").await.json()), ["public"]);
        assert_eq!(key.get("/v1/models/hidden").await.status, 404);
        assert_eq!(admin.delete(&permissions).await.status, 200);
    }
    service.disable(&acme).await;
    for caller in [&key, &there] {
        assert_eq!(caller.get("/v1/models").await.status, 401);
        assert_eq!(caller.get("/v1/models/public").await.status, 401);
    }
}

/// Projects of an organization with equal policies have one view.
pub async fn projects_with_equal_policies_share_a_view(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("a", 1), ("b", 2)]).await;
    // With own models, the view belongs to the organization.
    service.models(Some(&acme), &[("own", 3)]).await;
    let admin = service.admin(&acme).await;
    let key_with = async |entries: &[&str]| {
        let path = project(&admin, "one").await;
        let body = json!({"mode": "allow_list", "model_ids": entries});
        let set = admin
            .post(&format!("{path}/model_permissions"), &body)
            .await;
        assert_eq!(set.status, 200);
        account(&admin, &path).await.key
    };
    let equal = [
        key_with(&["a", "own"]).await,
        key_with(&["own", "a", "a"]).await,
    ];
    let different = key_with(&["a"]).await;
    let list = equal[0].get("/v1/models").await;
    let before = fills(&service).await;
    assert_eq!(equal[1].get("/v1/models").await.body, list.body);
    assert_eq!(fills(&service).await, before);
    assert_ne!(different.get("/v1/models").await.body, list.body);
    assert!(fills(&service).await > before);
}

/// A client that deletes many models one by one does not make the nodes load the list each time. The changed list equals,
/// byte for byte, the list of a node that loads it.
pub async fn a_deletion_changes_views_in_memory_without_a_load(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("public", 2), ("hidden", 3)]).await;
    let names = ["first", "second", "third", "fourth"];
    service
        .models(Some(&acme), &names.map(|name| (name, 1)))
        .await;
    let owner = service.caller(&acme, Role::Owner).await;
    // Only a view that was used more than once is changed in memory.
    for _ in 0..2 {
        owner.get("/v1/models").await;
    }
    let before = fills(&service).await;
    for name in ["second", "first", "fourth", "third"] {
        assert_eq!(
            owner.delete(&format!("/v1/models/{name}")).await.status,
            200
        );
        let here = owner.get("/v1/models").await;
        let node = service.another_node().await;
        let there = owner.at(&node).get("/v1/models").await;
        assert_eq!(here.body, there.body);
        for header in ["etag", "x-models-revision"] {
            assert_eq!(here.header(header), there.header(header));
        }
        assert!(!here.body.contains(name), "{}", here.body);
        assert_eq!(owner.get("/v1/models/public").await.status, 200);
    }
    assert_eq!(fills(&service).await, before);
    // The deletion of a model that hid a public one causes a load, and so does an import.
    service.models(Some(&acme), &[("hidden", 1)]).await;
    let own = owner.get("/v1/models/hidden").await;
    assert_eq!(owner.delete("/v1/models/hidden").await.status, 200);
    let public = owner.get("/v1/models/hidden").await;
    assert_eq!(
        (
            own.json()["created"].as_i64(),
            public.json()["created"].as_i64()
        ),
        (Some(1), Some(3))
    );
    assert_eq!(fills(&service).await, before + 2);
}

/// The number of views that the node loaded from the database.
async fn fills(service: &TestService) -> u32 {
    const NAME: &str = "models_cache_fills_total{cache=\"views\"} ";
    let metrics = send(service.operations, "GET", "/metrics", &[]).await;
    let line = metrics
        .body
        .lines()
        .find_map(|line| line.strip_prefix(NAME));
    line.unwrap().parse().unwrap()
}
