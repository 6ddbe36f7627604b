//! Sample organizations and models for the visibility tests.

use proptest::prelude::*;
use uuid::Uuid;

use super::Audience;
use crate::api_key::{ApiKeyId, Principal};
use crate::model::Model;
use crate::organization::OrganizationId;
use crate::permission::{Permissions, Role};
use crate::policy::{Policies, Policy, PolicyMode};
use crate::project::ProjectId;
use crate::time::Timestamp;

pub(super) fn organization(number: u8) -> OrganizationId {
    OrganizationId::from_uuid(Uuid::from_u128(number.into()))
}

pub(super) fn principal(number: u8, role: Role) -> Principal {
    Principal {
        key_id: ApiKeyId::from_uuid(Uuid::nil()),
        organization_id: organization(number),
        organization_slug: "acme".parse().expect("a slug"),
        project_id: ProjectId::from_uuid(Uuid::nil()),
        service_account_id: None,
        role,
        permissions: Permissions::of(role, None, None),
        policies: Policies::default(),
    }
}

pub(super) fn policy(mode: PolicyMode, entries: &[&str]) -> Policy {
    let entries = entries.iter().map(|entry| entry.parse().expect("an entry"));
    Policy::new(mode, entries.collect()).expect("a policy")
}

/// The audience of the organization with this number and these policies.
pub(super) fn audience(
    number: u8,
    organization: Option<Policy>,
    project: Option<Policy>,
) -> Audience {
    let policies = Policies {
        organization: organization.map(Into::into),
        project: project.map(Into::into),
    };
    Audience::from(&Principal {
        policies,
        ..principal(number, Role::Reader)
    })
}

/// The audience of the organization with this number, without policies.
pub(super) fn unrestricted(number: u8) -> Audience {
    audience(number, None, None)
}

/// No policy, and allow and deny lists of the ids of [`catalogs`].
pub(super) fn policies() -> impl Strategy<Value = Option<Policy>> {
    let entries = proptest::collection::vec("[a-d]|[a-d]?\\*", 0..4);
    let policy = (proptest::bool::ANY, entries).prop_map(|(is_allow_list, entries)| {
        let mode = if is_allow_list {
            PolicyMode::AllowList
        } else {
            PolicyMode::DenyList
        };
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        policy(mode, &entries)
    });
    proptest::option::of(policy)
}

/// Audiences of the organizations of [`catalogs`].
pub(super) fn audiences() -> impl Strategy<Value = Audience> {
    (1..4_u8, policies(), policies())
        .prop_map(|(number, organization, project)| audience(number, organization, project))
}

/// A model of the organization with this number, or a public one.
pub(super) fn model(owner: Option<u8>, id: &str, created: u32) -> Model {
    Model {
        id: id.parse().expect("an id"),
        scope: owner.map(organization).into(),
        created: Timestamp::from_seconds(created),
        owned_by: "someone".parse().expect("a name"),
        shutdown_date: None,
    }
}

/// Catalogs of three organizations and the public, with few ids.
pub(super) fn catalogs() -> impl Strategy<Value = Vec<Model>> {
    let models = (proptest::option::of(1..4_u8), "[a-d]", 0..3_u32);
    proptest::collection::vec(models, 0..24).prop_map(|models| {
        let mut catalog: Vec<Model> = Vec::new();
        for (owner, id, created) in models {
            let new = model(owner, &id, created);
            let is_same = |other: &Model| other.id == new.id && other.scope == new.scope;
            if !catalog.iter().any(is_same) {
                catalog.push(new);
            }
        }
        catalog
    })
}
