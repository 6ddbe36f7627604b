//! The format of the column `events.change`.
//!
//! The log outlives the program that wrote it. Therefore these types are a format of their own, and
//! the domain's types can change without them. Every stored row must stay readable: a new field is
//! an `Option`, which older rows lack, and a new kind of change is another variant. Readers ignore
//! the fields of newer versions.

mod admin_api_key;
mod api_key;
mod model;
mod organization;
mod policy;
mod project;
mod service_account;

use models_core::{Change, Invalid, Model, Timestamp};
use serde::{Deserialize, Serialize};

use self::admin_api_key::StoredAdminApiKey;
use self::api_key::StoredApiKey;
use self::model::StoredModel;
use self::organization::{
    StoredOrganization, StoredOrganizationDeletion, StoredOrganizationUpdate,
};
use self::project::{StoredModelPermissions, StoredOwnedProject, StoredProjectUpdate};
use self::service_account::StoredServiceAccount;

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
    #[serde(rename = "organization.updated")]
    OrganizationUpdated(StoredOrganizationUpdate<'a>),
    #[serde(rename = "organization.deleted")]
    OrganizationDeleted(StoredOrganizationDeletion<'a>),
    #[serde(rename = "project.created")]
    ProjectCreated(StoredOwnedProject<'a>),
    #[serde(rename = "project.updated")]
    ProjectUpdated(StoredProjectUpdate<'a>),
    #[serde(rename = "project.archived")]
    ProjectArchived(StoredOwnedProject<'a>),
    #[serde(rename = "model_permissions.updated")]
    ModelPermissionsUpdated(StoredModelPermissions<'a>),
    #[serde(rename = "service_account.created")]
    ServiceAccountCreated(StoredServiceAccount<'a>),
    #[serde(rename = "service_account.updated")]
    ServiceAccountUpdated {
        before: StoredServiceAccount<'a>,
        after: StoredServiceAccount<'a>,
    },
    #[serde(rename = "service_account.deleted")]
    ServiceAccountDeleted(StoredServiceAccount<'a>),
    #[serde(rename = "api_key.created")]
    ApiKeyCreated(StoredApiKey<'a>),
    #[serde(rename = "api_key.updated")]
    ApiKeyUpdated {
        before: StoredApiKey<'a>,
        after: StoredApiKey<'a>,
    },
    #[serde(rename = "api_key.deleted")]
    ApiKeyDeleted(StoredApiKey<'a>),
    #[serde(rename = "admin_api_key.created")]
    AdminApiKeyCreated(StoredAdminApiKey<'a>),
    #[serde(rename = "admin_api_key.deleted")]
    AdminApiKeyDeleted(StoredAdminApiKey<'a>),
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
    #[serde(rename = "audit.pruned")]
    AuditPruned { before: u32 },
}

impl<'a> From<&'a Change> for StoredChange<'a> {
    fn from(change: &'a Change) -> Self {
        match change {
            Change::OrganizationCreated(organization) => {
                Self::OrganizationCreated(organization.into())
            }
            Change::OrganizationUpdated { id, before, after } => {
                Self::OrganizationUpdated(StoredOrganizationUpdate::new(id, before, after))
            }
            Change::OrganizationDeleted {
                organization,
                removed,
            } => Self::OrganizationDeleted(StoredOrganizationDeletion::new(organization, *removed)),
            Change::ProjectCreated {
                organization_id,
                project,
            } => Self::ProjectCreated(StoredOwnedProject::new(organization_id, project)),
            Change::ProjectUpdated {
                organization_id,
                before,
                after,
            } => Self::ProjectUpdated(StoredProjectUpdate::new(organization_id, before, after)),
            Change::ProjectArchived {
                organization_id,
                project,
            } => Self::ProjectArchived(StoredOwnedProject::new(organization_id, project)),
            Change::ModelPermissionsUpdated {
                organization_id,
                project_id,
                before,
                after,
            } => Self::ModelPermissionsUpdated(StoredModelPermissions::new(
                organization_id,
                project_id,
                *before,
                *after,
            )),
            Change::ServiceAccountCreated(account) => Self::ServiceAccountCreated(account.into()),
            Change::ServiceAccountUpdated { before, after } => Self::ServiceAccountUpdated {
                before: before.into(),
                after: after.into(),
            },
            Change::ServiceAccountDeleted(account) => Self::ServiceAccountDeleted(account.into()),
            Change::ApiKeyCreated(key) => Self::ApiKeyCreated(key.into()),
            Change::ApiKeyUpdated { before, after } => Self::ApiKeyUpdated {
                before: before.into(),
                after: after.into(),
            },
            Change::ApiKeyDeleted(key) => Self::ApiKeyDeleted(key.into()),
            Change::AdminApiKeyCreated(key) => Self::AdminApiKeyCreated(key.into()),
            Change::AdminApiKeyDeleted(key) => Self::AdminApiKeyDeleted(key.into()),
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
            Change::AuditPruned { before } => Self::AuditPruned {
                before: before.seconds(),
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
            StoredChange::OrganizationUpdated(update) => update.read()?,
            StoredChange::OrganizationDeleted(deletion) => deletion.read()?,
            StoredChange::ProjectCreated(created) => {
                let (organization_id, project) = created.read()?;
                Self::ProjectCreated {
                    organization_id,
                    project,
                }
            }
            StoredChange::ProjectUpdated(update) => update.read()?,
            StoredChange::ProjectArchived(archived) => {
                let (organization_id, project) = archived.read()?;
                Self::ProjectArchived {
                    organization_id,
                    project,
                }
            }
            StoredChange::ModelPermissionsUpdated(update) => update.read()?,
            StoredChange::ServiceAccountCreated(account) => {
                Self::ServiceAccountCreated(account.try_into()?)
            }
            StoredChange::ServiceAccountUpdated { before, after } => Self::ServiceAccountUpdated {
                before: before.try_into()?,
                after: after.try_into()?,
            },
            StoredChange::ServiceAccountDeleted(account) => {
                Self::ServiceAccountDeleted(account.try_into()?)
            }
            StoredChange::ApiKeyCreated(key) => Self::ApiKeyCreated(key.try_into()?),
            StoredChange::ApiKeyUpdated { before, after } => Self::ApiKeyUpdated {
                before: before.try_into()?,
                after: after.try_into()?,
            },
            StoredChange::ApiKeyDeleted(key) => Self::ApiKeyDeleted(key.try_into()?),
            StoredChange::AdminApiKeyCreated(key) => Self::AdminApiKeyCreated(key.try_into()?),
            StoredChange::AdminApiKeyDeleted(key) => Self::AdminApiKeyDeleted(key.try_into()?),
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
            StoredChange::AuditPruned { before } => Self::AuditPruned {
                before: Timestamp::from_seconds(before),
            },
        })
    }
}

#[cfg(test)]
mod tests;
