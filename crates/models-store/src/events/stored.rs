//! The format of the column `events.change`.
//!
//! The log outlives the program that wrote it. Therefore these types are a format of their own, and
//! the domain's types can change without them. Every stored row must stay readable: a new field is
//! an `Option`, which older rows lack, and a new kind of change is another variant. Readers ignore
//! the fields of newer versions.

mod api_key;
mod model;
mod organization;

use models_core::{Change, Invalid, Model};
use serde::{Deserialize, Serialize};

use self::api_key::StoredApiKey;
use self::model::StoredModel;
use self::organization::StoredOrganization;

/// The reason why a change cannot be read. It shows nothing of the stored text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damaged {
    /// The text is not JSON of the expected form.
    #[error("its JSON cannot be read at column {0}")]
    Json(usize),
    /// A value breaks the rules of its type.
    #[error("{0}")]
    Value(#[from] Invalid),
    /// An update changes a model's id or scope.
    #[error("an update cannot move a model")]
    Moved,
}

/// Writes the stored form of a change.
pub(crate) fn write(change: &Change) -> Result<String, serde_json::Error> {
    serde_json::to_string(&StoredChange::from(change))
}

/// Reads a change from its stored form.
pub(crate) fn read(json: &str) -> Result<Change, Damaged> {
    let stored: StoredChange =
        serde_json::from_str(json).map_err(|error| Damaged::Json(error.column()))?;
    stored.try_into()
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", content = "details")]
enum StoredChange<'a> {
    #[serde(rename = "organization.created")]
    OrganizationCreated(StoredOrganization<'a>),
    #[serde(rename = "api_key.created")]
    ApiKeyCreated(StoredApiKey<'a>),
    #[serde(rename = "api_key.deleted")]
    ApiKeyDeleted(StoredApiKey<'a>),
    #[serde(rename = "model.created")]
    ModelCreated(StoredModel<'a>),
    #[serde(rename = "model.updated")]
    ModelUpdated {
        before: StoredModel<'a>,
        after: StoredModel<'a>,
    },
    #[serde(rename = "model.deleted")]
    ModelDeleted(StoredModel<'a>),
    #[serde(rename = "lease.updated")]
    LeaseUpdated {
        before_seconds: Option<u32>,
        after_seconds: u32,
    },
}

impl<'a> From<&'a Change> for StoredChange<'a> {
    fn from(change: &'a Change) -> Self {
        match change {
            Change::OrganizationCreated(organization) => {
                Self::OrganizationCreated(organization.into())
            }
            Change::ApiKeyCreated(key) => Self::ApiKeyCreated(key.into()),
            Change::ApiKeyDeleted(key) => Self::ApiKeyDeleted(key.into()),
            Change::ModelCreated(model) => Self::ModelCreated(model.into()),
            Change::ModelUpdated { before, after } => Self::ModelUpdated {
                before: before.into(),
                after: after.into(),
            },
            Change::ModelDeleted(model) => Self::ModelDeleted(model.into()),
            Change::LeaseUpdated {
                before_seconds,
                after_seconds,
            } => Self::LeaseUpdated {
                before_seconds: *before_seconds,
                after_seconds: *after_seconds,
            },
        }
    }
}

impl TryFrom<StoredChange<'_>> for Change {
    type Error = Damaged;

    fn try_from(stored: StoredChange<'_>) -> Result<Self, Damaged> {
        Ok(match stored {
            StoredChange::OrganizationCreated(organization) => {
                Self::OrganizationCreated(organization.try_into()?)
            }
            StoredChange::ApiKeyCreated(key) => Self::ApiKeyCreated(key.try_into()?),
            StoredChange::ApiKeyDeleted(key) => Self::ApiKeyDeleted(key.try_into()?),
            StoredChange::ModelCreated(model) => Self::ModelCreated(model.try_into()?),
            StoredChange::ModelUpdated { before, after } => {
                let (before, after): (Model, Model) = (before.try_into()?, after.try_into()?);
                if (&before.id, &before.scope) != (&after.id, &after.scope) {
                    return Err(Damaged::Moved);
                }
                Self::ModelUpdated { before, after }
            }
            StoredChange::ModelDeleted(model) => Self::ModelDeleted(model.try_into()?),
            StoredChange::LeaseUpdated {
                before_seconds,
                after_seconds,
            } => Self::LeaseUpdated {
                before_seconds,
                after_seconds,
            },
        })
    }
}

#[cfg(test)]
mod tests;
