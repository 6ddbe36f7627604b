//! Policies in the audit log.

use std::sync::Arc;

use models_core::{OrganizationUpdate, Policy, PolicyMode};
use serde_json::{Value, json};

use super::audit_logs::entries;
use super::{project, text};
use crate::service::{TestService, origin};

pub async fn the_values_of_policies_are_listed(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let path = format!("{}/model_permissions", project(&admin, "one").await);
    let long: Vec<String> = (0..101).map(|number| format!("m{number}")).collect();
    for policy in [
        json!({"mode": "allow_list", "model_ids": ["b-*", "a"]}),
        json!({"mode": "deny_list", "model_ids": long}),
    ] {
        assert_eq!(admin.post(&path, &policy).await.status, 200);
    }
    assert_eq!(admin.delete(&path).await.status, 200);
    let changes = entries(&admin, "event_types[]=model_permissions.updated").await;
    let short = json!({"mode": "allow_list", "model_ids": ["a", "b-*"]});
    let long =
        json!({"mode": "deny_list", "entries": 101, "sha256": changes[1]["after"]["sha256"]});
    let values: Vec<_> = changes
        .iter()
        .map(|entry| (&entry["before"], &entry["after"]))
        .collect();
    let null = Value::Null;
    assert_eq!(values, [(&long, &null), (&short, &long), (&null, &short)]);
    assert_eq!(text(&long, "sha256").len(), 64);
}

pub async fn an_administrator_sees_no_id_of_the_organizations_policies(service: TestService) {
    let acme = service.organization("acme").await;
    let admin = service.admin(&acme).await;
    let ids = vec!["hidden".parse().unwrap()];
    let policy = Some(Arc::new(Policy::new(PolicyMode::DenyList, ids).unwrap()));
    for update in [
        OrganizationUpdate::PublicModels(policy.clone()),
        OrganizationUpdate::NewProjects(policy),
    ] {
        let organizations = &service.store.organizations;
        let updated = organizations.update(&acme.id, update, origin()).await;
        updated.unwrap().unwrap();
    }
    let newest = entries(&admin, "limit=1").await.remove(0);
    let shown = json!({"mode": "deny_list", "entries": 1});
    let after = &newest["after"];
    assert_eq!(after["public_models"], shown);
    assert_eq!(after["new_projects"], shown);
    assert!(!newest.to_string().contains("hidden"), "{newest}");
}
