//! Sample organizations and models for the visibility tests.

use proptest::prelude::*;
use uuid::Uuid;

use super::Audience;
use crate::api_key::{ApiKeyId, Principal, Role};
use crate::model::Model;
use crate::organization::OrganizationId;
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
        role,
    }
}

pub(super) fn audience(number: u8) -> Audience {
    Audience::from(&principal(number, Role::Reader))
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
