//! The model that the import tests use.

use crate::model::{Model, Scope};
use crate::organization::OrganizationId;
use crate::time::Timestamp;

pub(crate) fn model() -> Model {
    Model {
        id: "a".parse().expect("an id"),
        scope: Scope::Organization(OrganizationId::from_uuid(uuid::Uuid::nil())),
        created: Timestamp::from_seconds(1),
        owned_by: "acme".parse().expect("a name"),
        shutdown_date: "2026-08-14".parse().ok(),
    }
}
