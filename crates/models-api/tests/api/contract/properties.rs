//! Properties of all requests and all catalogs, tested with random ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use models_core::{Organization, OrganizationUpdate, Role, Scope};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::Deserialize;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::administration::PROJECTS;
use crate::service::client::send;
use crate::service::{TestCaller, TestService, origin};

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

/// Runs the test with this many random values.
pub fn check<S: Strategy>(
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

/// Checks that the caller can retrieve exactly the listed models, and returns their ids.
async fn check_retrievals(
    caller: &TestCaller,
    mut requested: Vec<String>,
) -> Result<Vec<String>, TestCaseError> {
    let list = caller.get("/v1/models").await.json();
    let listed = list["data"].as_array().unwrap();
    prop_assert!(
        listed.is_sorted_by_key(|model| (model["created"].as_u64(), model["id"].as_str()))
    );
    let ids: Vec<String> = listed
        .iter()
        .map(|model| model["id"].as_str().unwrap().to_owned())
        .collect();
    requested.extend(ids.iter().cloned());
    requested.sort();
    requested.dedup();
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
    Ok(ids)
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
        check_retrievals(&caller, requested).await?;
        Ok(())
    });
}

/// A policy of the ids of the catalog: whether it allows its entries, and the entries.
type Policy = Option<(bool, Vec<String>)>;

fn policies() -> impl Strategy<Value = Policy> {
    let entry = prop_oneof!["[ab]{1,2}(/[ab%])?", "[ab]?\\*", "\\*/[ab]"];
    proptest::option::of((any::<bool>(), proptest::collection::vec(entry, 0..4)))
}

/// Whether the policy allows the id, from its definition: `*` is any text.
fn allows(policy: &Policy, id: &str) -> bool {
    policy.as_ref().is_none_or(|(is_allow_list, entries)| {
        let matches = entries.iter().any(|entry| match entry.split_once('*') {
            None => entry == id,
            Some((start, end)) => {
                id.len() >= start.len() + end.len() && id.starts_with(start) && id.ends_with(end)
            }
        });
        matches == *is_allow_list
    })
}

pub async fn listed_models_are_retrievable_under_random_policies(service: TestService) {
    let id = "[ab]{1,2}(/[ab%])?";
    let model = (any::<bool>(), id, 0..5_u32);
    let strategy = (
        proptest::collection::vec(model, 1..12),
        proptest::collection::vec((policies(), policies()), 1..3),
        proptest::collection::vec(any::<proptest::sample::Index>(), 2),
    );
    check(10, strategy, async |(catalog, steps, deleted)| {
        let slug = format!("t{}", uuid::Uuid::now_v7().simple());
        let acme = service.organization(&slug).await;
        // Public models stay for the next catalog, and are requested again.
        for (is_own, id, created) in &catalog {
            let owner = is_own.then_some(&acme);
            service.models(owner, &[(id, *created)]).await;
        }
        let admin = service.admin(&acme).await;
        let owner = service.caller(&acme, Role::Owner).await;
        let permissions = format!(
            "{PROJECTS}/{}/model_permissions",
            acme.default_project.id.as_str()
        );
        let mut models: BTreeSet<(bool, String)> = catalog
            .iter()
            .map(|(is_own, id, _)| (*is_own, id.clone()))
            .collect();
        let everything = service.store.models.list(&Scope::Public).await.unwrap();
        models.extend(everything.into_iter().map(|model| (false, model.id.into())));
        for (organization, project) in steps {
            set_policies(
                &service,
                &acme,
                &admin,
                &permissions,
                (&organization, &project),
            )
            .await;
            for round in 0..2 {
                let visible = |(is_own, id): &(bool, String)| {
                    allows(&project, id) && (*is_own || allows(&organization, id))
                };
                let mut expected: Vec<String> = models
                    .iter()
                    .filter(|model| visible(model))
                    .map(|(_, id)| id.clone())
                    .collect();
                expected.sort();
                expected.dedup();
                let requested = models.iter().map(|(_, id)| id.clone()).collect();
                let mut listed = check_retrievals(&owner, requested).await?;
                listed.sort();
                prop_assert_eq!(&listed, &expected, "round {}", round);
                // The node applies this deletion to the view in memory.
                let own: Vec<_> = models.iter().filter(|(is_own, _)| *is_own).collect();
                if own.is_empty() {
                    continue;
                }
                let (_, id) = deleted[round].get(&own);
                let deleted = (true, id.clone());
                let may = allows(&project, id);
                let path = format!("/v1/models/{}", id.replace('%', "%25"));
                let status = owner.delete(&path).await.status;
                prop_assert_eq!(status, if may { 200 } else { 404 }, "{}", id);
                if may {
                    models.remove(&deleted);
                }
            }
        }
        Ok(())
    });
}

/// Sets the policies of the organization and of its project.
async fn set_policies(
    service: &TestService,
    acme: &Organization,
    admin: &TestCaller,
    permissions: &str,
    (organization, project): (&Policy, &Policy),
) {
    let mode = |is_allow_list: bool| {
        if is_allow_list {
            "allow_list"
        } else {
            "deny_list"
        }
    };
    let set = match project {
        Some((is_allow_list, entries)) => {
            let body = json!({"mode": mode(*is_allow_list), "model_ids": entries});
            admin.post(permissions, &body).await
        }
        None => admin.delete(permissions).await,
    };
    assert_eq!(set.status, 200, "{set:?}");
    let policy = organization.as_ref().map(|(is_allow_list, entries)| {
        let entries = entries.iter().map(|entry| entry.parse().unwrap());
        let mode = mode(*is_allow_list).parse().unwrap();
        Arc::new(models_core::Policy::new(mode, entries.collect()).unwrap())
    });
    let update = OrganizationUpdate::PublicModels(policy);
    let organizations = &service.store.organizations;
    let updated = organizations.update(&acme.id, update, origin()).await;
    updated.unwrap().unwrap();
}
