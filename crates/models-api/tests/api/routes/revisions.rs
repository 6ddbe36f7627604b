//! Revision tokens: a client reads its own changes on any node.

use models_core::Role;
use serde_json::json;

use crate::service::TestService;
use crate::service::client::Response;

const NEWEST: (&str, &str) = ("Cache-Control", "max-age=0, no-cache");

fn token(response: &Response) -> String {
    let token = response.header("x-models-revision");
    token.unwrap_or_else(|| panic!("{response:?}")).to_owned()
}

pub async fn only_visible_changes_move_the_revision_token(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let owner = service.caller(&acme, Role::Owner).await;
    let mut tokens = vec![token(&owner.get("/v1/models").await)];
    service.models(Some(&other), &[("a", 1)]).await;
    service.caller(&acme, Role::Reader).await;
    assert_eq!(token(&owner.get("/v1/models").await), tokens[0]);
    service.models(Some(&acme), &[("own", 1)]).await;
    tokens.push(token(&owner.get("/v1/models").await));
    service.models(None, &[("public", 1)]).await;
    tokens.push(token(&owner.get("/v1/models/own").await));
    let node = service.another_node().await;
    for response in [
        owner.at(&node).get("/v1/models/own").await,
        owner.get("/v1/models/missing").await,
        owner
            .send("HEAD", "/v1/models", &[("If-None-Match", "*")])
            .await,
    ] {
        assert_eq!(token(&response), tokens[2], "{response:?}");
    }
    tokens.push(token(&owner.delete("/v1/models/own").await));
    assert_eq!(token(&owner.get("/v1/models").await), tokens[3]);
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 4);
    let anonymous = service.anonymous().get("/v1/models").await;
    assert_eq!(anonymous.header("x-models-revision"), None);
}

pub async fn every_node_meets_a_demand_for_a_revision(service: TestService) {
    let acme = service.organization("acme").await;
    let here = service.caller(&acme, Role::Owner).await;
    let node = service.another_node().await;
    let there = here.at(&node);
    for number in 0..20 {
        let id = format!("model-{number}");
        let path = format!("/v1/models/{id}");
        assert_eq!(there.get(&path).await.status, 404);
        service.models(Some(&acme), &[(&id, 1)]).await;
        // Every second request sends the token of a node that has applied the change.
        let seen = token(&here.get(&path).await);
        let header = if number % 2 == 0 {
            NEWEST
        } else {
            ("X-Models-Min-Revision", seen.as_str())
        };
        let response = there.send("GET", &path, &[header]).await;
        assert_eq!(response.status, 200, "{number}: {response:?}");
        let list = there.send("GET", "/v1/models", &[header]).await;
        assert!(list.body.contains(&id), "{list:?}");
        let deleted = here.delete(&path).await;
        let seen = token(&deleted);
        let response = there
            .send("GET", &path, &[("X-Models-Min-Revision", &seen)])
            .await;
        assert_eq!(response.status, 404);
    }
}

pub async fn an_invalid_revision_token_is_a_400_and_one_of_another_epoch_demands_the_newest(
    service: TestService,
) {
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    for (text, status) in [
        ("", 400),
        ("7", 400),
        ("zz17f0a9c3b2d4e5f60718293a4b5c6d", 400),
        ("+f17f0a9c3b2d4e5f60718293a4b5c6d", 400),
        ("0f17f0a9c3b2d4e5f60718293a4b5c6d", 200),
    ] {
        let response = reader
            .send("GET", "/v1/models", &[("X-Models-Min-Revision", text)])
            .await;
        assert_eq!(response.status, status, "{text}: {response:?}");
    }
}

pub async fn a_change_of_an_administrator_has_a_revision_that_other_nodes_meet(
    service: TestService,
) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    let admin = service.admin(&acme).await;
    let reader = service.caller(&acme, Role::Reader).await;
    let projects = "/v1/organization/projects";
    let listed = admin.get(projects).await;
    assert_eq!(listed.header("x-models-revision"), None);
    let node = service.another_node().await;
    let mut tokens = vec![];
    let created = admin.post(projects, &json!({"name": "p"})).await;
    tokens.push(token(&created));
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let project = format!("{projects}/{id}");
    let renamed = admin.post(&project, &json!({"name": "q"})).await;
    tokens.push(token(&renamed));
    // A change of another organization does not move the token of a repeated change.
    service.models(Some(&other), &[("a", 1)]).await;
    let again = admin.post(&project, &json!({"name": "q"})).await;
    assert_eq!(token(&again), tokens[1]);
    for _ in 0..2 {
        tokens.push(token(
            &admin.send("POST", &format!("{project}/archive"), &[]).await,
        ));
    }
    assert_eq!(tokens.pop().as_ref(), tokens.last(), "a repeated archiving");
    for token in &tokens {
        let demand = [("X-Models-Min-Revision", token.as_str())];
        let response = reader.at(&node).send("GET", "/v1/models", &demand).await;
        assert_eq!(response.status, 200);
    }
    let applied = node.node.applied();
    let newest = service.store.events.revision_of_organization(&acme.id);
    assert!(applied >= newest.await.unwrap());
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
    let refused = admin.post(&project, &json!({"name": "r"})).await;
    assert_eq!(
        (refused.status, refused.header("x-models-revision")),
        (400, None)
    );
}

/// Concurrent demands share reads of the event log, and all requests get a response.
pub async fn many_demands_for_the_newest_revision_succeed(service: TestService) {
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    let requests =
        (0..200).map(|_| async { reader.send("GET", "/v1/models", &[NEWEST]).await.status });
    let statuses = futures_util::future::join_all(requests).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}
