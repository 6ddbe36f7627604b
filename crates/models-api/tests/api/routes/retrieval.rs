use std::sync::Arc;
use std::time::{Duration, Instant};

use models_core::{Entered, Import, ImportEntry, ModelId, Role, Scope, Timestamp};

use crate::service::client::Response;
use crate::service::{TestService, now, origin};

pub async fn a_model_is_retrieved_whole(service: TestService) {
    let acme = service.organization("acme").await;
    let entry = ImportEntry {
        id: "ft:gpt-4o:acme::AbCdEf12".parse().unwrap(),
        created: Some(Timestamp::from_seconds(u32::MAX)),
        owned_by: Some("Acme \"quoted\" 模型".parse().unwrap()),
        shutdown_date: Some("2027-01-31".parse().unwrap()),
    };
    let import = Import {
        scope: Scope::Organization(acme.id.clone()),
        entries: vec![entry],
        default_owner: "nobody".parse().unwrap(),
        dry_run: false,
    };
    service
        .store
        .models
        .import(import, origin(), Arc::new(|_| ()))
        .await
        .unwrap();
    let response = service
        .caller(&acme, Role::Reader)
        .await
        .get("/v1/models/ft:gpt-4o:acme::AbCdEf12")
        .await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(
        response.body,
        r#"{"id":"ft:gpt-4o:acme::AbCdEf12","object":"model","created":4294967295,"owned_by":"Acme \"quoted\" 模型","shutdown_date":"2027-01-31"}"#
    );
}

pub async fn slashes_in_an_id_may_be_raw_or_encoded(service: TestService) {
    let acme = service.organization("acme").await;
    service
        .models(
            None,
            &[
                ("meta-llama/Llama-3:8B", 1),
                ("a%2Fb", 2),
                ("a/b", 3),
                ("@cf/a b+c", 4),
            ],
        )
        .await;
    let caller = service.caller(&acme, Role::Reader).await;
    for (path, id) in [
        ("meta-llama/Llama-3:8B", "meta-llama/Llama-3:8B"),
        ("meta-llama%2FLlama-3%3A8B", "meta-llama/Llama-3:8B"),
        ("a%252Fb", "a%2Fb"),
        ("a%2Fb", "a/b"),
        ("%40cf/a%20b+c?x=y", "@cf/a b+c"),
    ] {
        let response = caller.get(&format!("/v1/models/{path}")).await;
        assert_eq!(
            (response.status, response.json()["id"].as_str()),
            (200, Some(id)),
            "{path}"
        );
    }
}

/// The header of an SDK's retry.
const REPEATED: [(&str, &str); 1] = [("x-stainless-retry-count", "1")];

/// The look-up of earlier deletions would take some milliseconds if it read all 30,000 events.
pub async fn the_history_of_a_foreign_model_does_not_change_the_response_time(
    service: TestService,
) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service.models(None, &[("public", 1)]).await;
    let caller = service.caller(&acme, Role::Owner).await;
    let neighbour = service.caller(&other, Role::Owner).await.key.unwrap().id;
    let deleted_often = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 30000) \
         INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
         SELECT 1000000 + n, {}, '{neighbour}', 'model.deleted', '{}', 'foreign', '{{}}' FROM n",
        now().seconds(),
        other.id
    );
    service.execute(&deleted_often).await;
    let mut times = [vec![], vec![]];
    for _ in 0..100 {
        for (id, times) in ["foreign", "missing"].into_iter().zip(&mut times) {
            let path = format!("/v1/models/{id}");
            let began = Instant::now();
            let response = caller.send("DELETE", &path, &REPEATED).await;
            times.push(began.elapsed());
            assert_eq!(response.status, 404);
        }
    }
    let [foreign, missing] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    println!("median: foreign {foreign:?}, missing {missing:?}");
    assert!(foreign < missing * 3 / 2 + Duration::from_millis(1));
}

pub async fn a_foreign_model_and_a_missing_one_have_the_same_response(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service.models(Some(&other), &[("model-a", 1)]).await;
    // The other tenant has deleted a model with this id before.
    let neighbour = service.caller(&other, Role::Owner).await;
    assert_eq!(neighbour.delete("/v1/models/model-a").await.status, 200);
    service.models(Some(&other), &[("model-a", 1)]).await;
    let caller = service.caller(&acme, Role::Owner).await;
    let first: &[(&str, &str)] = &[];
    for (method, headers) in [("GET", first), ("DELETE", first), ("DELETE", &REPEATED)] {
        let foreign = caller.send(method, "/v1/models/model-a", headers).await;
        let missing = caller.send(method, "/v1/models/model-b", headers).await;
        assert_eq!(foreign.status, 404);
        assert_eq!(
            foreign.body,
            r#"{"error":{"message":"The model 'model-a' does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#
        );
        assert_eq!(foreign.body.replace("model-a", "model-b"), missing.body);
        // All headers but those that differ on each response.
        let lasting = |response: &Response| {
            let mut headers = response.headers.clone();
            headers.retain(|(name, _)| {
                !["x-request-id", "openai-processing-ms", "date"].contains(&name.as_str())
            });
            headers.sort();
            headers
        };
        assert_eq!(lasting(&foreign), lasting(&missing));
        println!("foreign: {}\nmissing: {}", foreign.body, missing.body);
    }
    let still_there = service
        .caller(&other, Role::Reader)
        .await
        .get("/v1/models/model-a")
        .await;
    assert_eq!(still_there.status, 200);
}

pub async fn malformed_ids_are_a_404(service: TestService) {
    let acme = service.organization("acme").await;
    service
        .models(None, &[("a", 1), ("%", 2), ("\u{fffd}", 3)])
        .await;
    let caller = service.caller(&acme, Role::Owner).await;
    let long = "a".repeat(257);
    for path in [
        "%ff",
        "%fe",
        "%",
        "%25%",
        "%zz",
        "a%2",
        "%00",
        "a%0d%0aX:1",
        "..",
        ".",
        "%2e%2e%2fadmin",
        "../models/a",
        &long,
    ] {
        for method in ["GET", "DELETE"] {
            let response = caller
                .send(method, &format!("/v1/models/{path}"), &[])
                .await;
            assert_eq!(response.status, 404, "{method} {path}");
            assert_eq!(
                response.error()["message"],
                format!("The model '{path}' does not exist")
            );
        }
    }
    for path in [
        "/v1/%6dodels",
        "/v1/%6dodels/a",
        "/%761/models/a",
        "/v1%2Fmodels/a",
    ] {
        let response = caller.get(path).await;
        assert_eq!(response.status, 404);
        let error = response.error();
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("Invalid URL (GET {path})")),
            "{message}"
        );
    }
    assert_eq!(caller.get("/v1/models/%25").await.json()["id"], "%");
    assert_eq!(
        caller.get("/v1/models/%EF%BF%BD").await.json()["id"],
        "\u{fffd}"
    );
}

pub async fn exactly_the_listed_models_are_retrievable(service: TestService) {
    let (acme, other) = (
        service.organization("acme").await,
        service.organization("other").await,
    );
    service.models(None, &[("a", 1), ("b/c", 2)]).await;
    service.models(Some(&acme), &[("a", 3), ("d:e", 4)]).await;
    service.models(Some(&other), &[("b/c", 5), ("f", 6)]).await;
    for organization in [&acme, &other] {
        let caller = service.caller(organization, Role::Reader).await;
        let list = caller.get("/v1/models").await.json();
        for id in ["a", "b/c", "d:e", "f", "g"] {
            let listed = list["data"]
                .as_array()
                .unwrap()
                .iter()
                .find(|model| model["id"] == id);
            let retrieved = caller.get(&format!("/v1/models/{id}")).await;
            match listed {
                Some(model) => assert_eq!((retrieved.status, &retrieved.json()), (200, model)),
                None => assert_eq!(retrieved.status, 404),
            }
        }
    }
}

pub async fn stored_ids_with_invisible_characters_stay_usable(service: TestService) {
    let ids = [
        ("qwen-32b ", "/v1/models/qwen-32b%20"),
        ("\u{200b}", "/v1/models/%E2%80%8B"),
        ("a\u{ad}b", "/v1/models/a%C2%ADb"),
    ];
    let acme = service.organization("acme").await;
    for (id, _) in ids {
        assert!(id.parse::<Entered<ModelId>>().is_err(), "{id:?}");
        let scope = acme.id.as_str();
        service
            .execute(&format!(
                "INSERT INTO models (scope, id, organization_id, created, owned_by) \
                 VALUES ('{scope}', '{id}', '{scope}', 1, 'a\u{200b}')"
            ))
            .await;
    }
    let owner = service.caller(&acme, Role::Owner).await;
    let list = owner.get("/v1/models").await;
    for (id, path) in ids {
        assert!(
            list.body.contains(&format!("\"id\":\"{id}\"")),
            "{}",
            list.body
        );
        assert_eq!(owner.get(path).await.status, 200, "{path}");
        assert_eq!(owner.delete(path).await.status, 200, "{path}");
        assert_eq!(owner.get(path).await.status, 404, "{path}");
    }
}
