//! Properties of all requests and all catalogs, tested with random ones.

use models_core::{Organization, Role};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::service::TestService;
use crate::service::client::send;

/// OpenAI's error envelope, with all its keys and no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    error: ErrorObject,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorObject {
    message: String,
    r#type: String,
    #[serde(deserialize_with = "present")]
    param: Option<String>,
    #[serde(deserialize_with = "present")]
    code: Option<String>,
}

/// Deserializes null or text, and refuses an absent field.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}

fn check<S: Strategy>(
    cases: u32,
    strategy: S,
    test: impl AsyncFn(S::Value) -> Result<(), TestCaseError>,
) {
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(cases)
    });
    block_in_place(|| {
        runner
            .run(&strategy, |value| Handle::current().block_on(test(value)))
            .unwrap_or_else(|error| panic!("{error}"));
    });
}

pub async fn every_error_has_the_envelope_for_random_requests(service: TestService) {
    let acme = service.organization("acme").await;
    service.models(None, &[("a", 1)]).await;
    let owner = service.caller(&acme, Role::Owner).await;
    let good = format!("Bearer {}", owner.token.as_ref().unwrap());
    let method = prop_oneof![
        Just("GET".to_owned()),
        Just("DELETE".to_owned()),
        "[A-Z]{1,10}"
    ];
    let path = prop_oneof![
        "/v1/models/[!-~&&[^#?]]{0,40}",
        "/v1/models(/[a-c%./]{0,6}){0,3}",
        "/[!-~&&[^#]]{0,40}",
        "/v1/models/(%[0-9a-fA-F]{2}){1,20}",
    ];
    let authorization = prop_oneof![Just(good), "Bearer [ -~]{0,60}", "[ -~]{0,30}"];
    check(
        300,
        (method, path, authorization),
        async |(method, path, authorization)| {
            let response = send(
                service.address,
                &method,
                &path,
                &[("Authorization", authorization.as_str())],
            )
            .await;
            prop_assert!(response.status < 500, "{method} {path}: {response:?}");
            if response.status >= 400 && method != "HEAD" {
                let envelope: Envelope = serde_json::from_str(&response.body).map_err(|error| {
                    TestCaseError::fail(format!(
                        "{method} {path} {authorization}: {error}: {response:?}"
                    ))
                })?;
                let ErrorObject {
                    message,
                    r#type,
                    param,
                    code,
                } = envelope.error;
                prop_assert!(!message.is_empty() && r#type == "invalid_request_error");
                prop_assert_eq!(param.is_some(), code.as_deref() == Some("model_not_found"));
                prop_assert_eq!(response.header("content-type"), Some("application/json"));
            }
            Ok(())
        },
    );
}

pub async fn listed_models_are_retrievable_in_random_catalogs(service: TestService) {
    let organizations: [Organization; 3] = [
        service.organization("a").await,
        service.organization("b").await,
        service.organization("c").await,
    ];
    let id = "[ab]{1,2}(/[ab%])?";
    let model = (proptest::option::of(0..organizations.len()), id, 0..5_u32);
    let catalog = proptest::collection::vec(model, 0..12);
    let role = proptest::sample::select(Role::ALL.to_vec());
    let strategy = (
        catalog,
        0..organizations.len(),
        role,
        proptest::collection::vec(id, 5),
    );
    check(20, strategy, async |(catalog, index, role, others)| {
        let mut requested = others;
        for (owner, id, created) in &catalog {
            service
                .models(owner.map(|index| &organizations[index]), &[(id, *created)])
                .await;
            requested.push(id.clone());
        }
        let caller = service.caller(&organizations[index], role).await;
        let list = caller.get("/v1/models").await.json();
        let listed = list["data"].as_array().unwrap();
        prop_assert!(
            listed.is_sorted_by_key(|model| (model["created"].as_u64(), model["id"].as_str()))
        );
        requested.extend(
            listed
                .iter()
                .map(|model| model["id"].as_str().unwrap().to_owned()),
        );
        for id in requested {
            let retrieved = caller
                .get(&format!("/v1/models/{}", id.replace('%', "%25")))
                .await;
            let shown: Vec<_> = listed
                .iter()
                .filter(|model| model["id"] == id.as_str())
                .collect();
            match shown[..] {
                [] => prop_assert_eq!(retrieved.status, 404, "{}", id),
                [model] => prop_assert_eq!((retrieved.status, &retrieved.json()), (200, model)),
                _ => prop_assert!(false, "{id} is listed twice"),
            }
        }
        Ok(())
    });
}
