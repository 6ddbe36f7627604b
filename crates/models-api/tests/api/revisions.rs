//! Reading one's own writes, on whatever node.

use models_core::Role;

use crate::http::Answer;
use crate::service::TestService;

const NEWEST: (&str, &str) = ("Cache-Control", "max-age=0, no-cache");

fn token(answer: &Answer) -> String {
    let token = answer.header("x-models-revision");
    token.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

pub async fn a_token_is_moved_by_what_its_holder_may_see_and_nothing_else(service: TestService) {
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
    for answer in [
        owner.at(&node).get("/v1/models/own").await,
        owner.get("/v1/models/missing").await,
        owner
            .send("HEAD", "/v1/models", &[("If-None-Match", "*")])
            .await,
    ] {
        assert_eq!(token(&answer), tokens[2], "{answer:?}");
    }
    tokens.push(token(&owner.delete("/v1/models/own").await));
    assert_eq!(token(&owner.get("/v1/models").await), tokens[3]);
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 4);
    let anonymous = service.anonymous().get("/v1/models").await;
    assert_eq!(anonymous.header("x-models-revision"), None);
}

pub async fn who_asks_for_the_newest_or_for_a_revision_gets_it_on_every_node(service: TestService) {
    let acme = service.organization("acme").await;
    let here = service.caller(&acme, Role::Owner).await;
    let node = service.another_node().await;
    let there = here.at(&node);
    for number in 0..20 {
        let id = format!("model-{number}");
        let path = format!("/v1/models/{id}");
        assert_eq!(there.get(&path).await.status, 404);
        service.models(Some(&acme), &[(&id, 1)]).await;
        // Every other time with the token of a node that knows it already.
        let seen = token(&here.get(&path).await);
        let header = if number % 2 == 0 {
            NEWEST
        } else {
            ("X-Models-Min-Revision", seen.as_str())
        };
        let answer = there.send("GET", &path, &[header]).await;
        assert_eq!(answer.status, 200, "{number}: {answer:?}");
        let list = there.send("GET", "/v1/models", &[header]).await;
        assert!(list.body.contains(&id), "{list:?}");
        let deleted = here.delete(&path).await;
        let seen = token(&deleted);
        let answer = there
            .send("GET", &path, &[("X-Models-Min-Revision", &seen)])
            .await;
        assert_eq!(answer.status, 404);
    }
}

pub async fn what_is_no_token_is_refused_and_one_of_no_history_asks_for_the_newest(
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
        let answer = reader
            .send("GET", "/v1/models", &[("X-Models-Min-Revision", text)])
            .await;
        assert_eq!(answer.status, status, "{text}: {answer:?}");
    }
}

/// Many who ask at once share the looks at the log, and all are answered.
pub async fn a_crowd_that_asks_for_the_newest_is_answered(service: TestService) {
    let acme = service.organization("acme").await;
    let reader = service.caller(&acme, Role::Reader).await;
    let asking =
        (0..200).map(|_| async { reader.send("GET", "/v1/models", &[NEWEST]).await.status });
    let statuses = futures_util::future::join_all(asking).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}
