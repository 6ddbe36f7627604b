//! What changes.

use serde::{Deserialize, Serialize};

use super::level::Level;
use crate::api_key::ApiKey;
use crate::model::{Model, Scope};
use crate::organization::{Organization, OrganizationId};

/// What changed. The names are OpenAI's where its audit log has one; `model.*` and
/// `organization.created` are ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "details")]
pub enum Change {
    /// An organization came to be, with its default project.
    #[serde(rename = "organization.created")]
    OrganizationCreated(Organization),
    /// A key came to be.
    #[serde(rename = "api_key.created")]
    ApiKeyCreated(ApiKey),
    /// A key was revoked; this is the key afterwards.
    #[serde(rename = "api_key.deleted")]
    ApiKeyDeleted(ApiKey),
    /// A model came to be.
    #[serde(rename = "model.created")]
    ModelCreated(Model),
    /// A model's properties changed.
    #[serde(rename = "model.updated")]
    ModelUpdated {
        /// As it was.
        before: Model,
        /// As it is now, with the same id and scope.
        after: Model,
    },
    /// A model is gone; this is what it was.
    #[serde(rename = "model.deleted")]
    ModelDeleted(Model),
    /// The lease in force was changed.
    #[serde(rename = "lease.updated")]
    LeaseUpdated {
        /// The lease before, in seconds; `None` if no node had ever started.
        before_seconds: Option<u32>,
        /// The lease in force from this change on, in seconds.
        after_seconds: u32,
    },
}

impl Change {
    /// The names of all kinds of change that this version knows.
    pub const KINDS: [&str; 7] = [
        "organization.created",
        "api_key.created",
        "api_key.deleted",
        "model.created",
        "model.updated",
        "model.deleted",
        "lease.updated",
    ];

    /// The name of this kind of change, such as `model.deleted`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OrganizationCreated(_) => "organization.created",
            Self::ApiKeyCreated(_) => "api_key.created",
            Self::ApiKeyDeleted(_) => "api_key.deleted",
            Self::ModelCreated(_) => "model.created",
            Self::ModelUpdated { .. } => "model.updated",
            Self::ModelDeleted(_) => "model.deleted",
            Self::LeaseUpdated { .. } => "lease.updated",
        }
    }

    /// The scope of the model that it concerns, if it concerns one.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match self {
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyDeleted(_)
            | Self::LeaseUpdated { .. } => None,
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => Some(&model.scope),
        }
    }

    /// The organization that it concerns; `None` where it concerns all, as a change to a public
    /// model does.
    #[must_use]
    pub fn organization_id(&self) -> Option<&OrganizationId> {
        match self {
            Self::OrganizationCreated(organization) => Some(&organization.id),
            Self::ApiKeyCreated(key) | Self::ApiKeyDeleted(key) => Some(&key.organization_id),
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => model.scope.organization_id(),
            Self::LeaseUpdated { .. } => None,
        }
    }

    /// Whether it takes something away from somebody: then it is answered only when no node shows
    /// it any more.
    #[must_use]
    pub const fn takes_away(&self) -> bool {
        match self {
            Self::ApiKeyDeleted(_) | Self::ModelDeleted(_) => true,
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::LeaseUpdated { .. } => false,
        }
    }

    /// The level that a program must support to enforce this change. Recording a change of a higher
    /// level than the catalog's raises the catalog's level.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyDeleted(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::ModelDeleted(_)
            | Self::LeaseUpdated { .. } => Level::FIRST,
        }
    }

    /// The id of what changed.
    #[must_use]
    pub fn subject_id(&self) -> &str {
        match self {
            Self::OrganizationCreated(organization) => organization.id.as_str(),
            Self::ApiKeyCreated(key) | Self::ApiKeyDeleted(key) => key.id.as_str(),
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => model.id.as_str(),
            Self::LeaseUpdated { .. } => "catalog",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    #[test]
    fn the_kind_is_the_type_that_is_stored() {
        let model = Model {
            id: "a".parse().expect("an id"),
            scope: Scope::Public,
            created: Timestamp::from_seconds(1),
            owned_by: "b".parse().expect("a name"),
            shutdown_date: None,
        };
        for change in [
            Change::ModelCreated(model.clone()),
            Change::ModelUpdated {
                before: model.clone(),
                after: model.clone(),
            },
            Change::ModelDeleted(model),
            Change::LeaseUpdated {
                before_seconds: Some(15),
                after_seconds: 30,
            },
        ] {
            let json = serde_json::to_value(&change).expect("JSON");
            assert_eq!(json["type"], change.kind());
            assert!(Change::KINDS.contains(&change.kind()));
            assert_eq!(serde_json::from_value::<Change>(json).ok(), Some(change));
        }
    }
}
