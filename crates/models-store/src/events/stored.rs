//! Changes as the column `events.change` holds them.
//!
//! The log outlives the program that wrote it, so these types are a format of their own: the domain's types may change
//! without it. What has been written once must stay readable: a field that is added is an `Option`, which an older row does
//! not have, and a new kind of change is another variant. A newer version's fields are passed over.

use std::borrow::Cow;

use models_core::{
    ApiKey, Change, Invalid, Model, Organization, Project, Scope, ShutdownDate, Timestamp,
};
use serde::{Deserialize, Serialize};

/// Why a change cannot be read. Shows nothing of what stands there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damaged {
    /// It is no JSON of the expected form.
    #[error("its JSON cannot be read at column {0}")]
    Json(usize),
    /// A value breaks the rules of its type.
    #[error("{0}")]
    Value(#[from] Invalid),
    /// A model has another id or another scope after an update.
    #[error("an update cannot move a model")]
    Moved,
}

/// The change as it is stored.
pub(crate) fn write(change: &Change) -> Result<String, serde_json::Error> {
    serde_json::to_string(&StoredChange::from(change))
}

/// The change that is stored so.
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

#[derive(Serialize, Deserialize)]
struct StoredOrganization<'a> {
    id: Cow<'a, str>,
    slug: Cow<'a, str>,
    name: Cow<'a, str>,
    default_project: StoredProject<'a>,
    created_at: u32,
}

#[derive(Serialize, Deserialize)]
struct StoredProject<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct StoredApiKey<'a> {
    id: Cow<'a, str>,
    organization_id: Cow<'a, str>,
    organization_slug: Cow<'a, str>,
    project_id: Cow<'a, str>,
    name: Cow<'a, str>,
    role: Cow<'a, str>,
    redacted_value: Cow<'a, str>,
    created_at: u32,
    expires_at: Option<u32>,
    revoked_at: Option<u32>,
}

#[derive(Serialize, Deserialize)]
struct StoredModel<'a> {
    id: Cow<'a, str>,
    scope: StoredScope<'a>,
    created: u32,
    owned_by: Cow<'a, str>,
    shutdown_date: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredScope<'a> {
    Public,
    Organization(Cow<'a, str>),
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

impl<'a> From<&'a Organization> for StoredOrganization<'a> {
    fn from(organization: &'a Organization) -> Self {
        let Organization {
            id,
            slug,
            name,
            default_project,
            created_at,
        } = organization;
        let Project {
            id: project_id,
            name: project_name,
        } = default_project;
        Self {
            id: id.as_str().into(),
            slug: slug.as_str().into(),
            name: name.as_str().into(),
            default_project: StoredProject {
                id: project_id.as_str().into(),
                name: project_name.as_str().into(),
            },
            created_at: created_at.seconds(),
        }
    }
}

impl TryFrom<StoredOrganization<'_>> for Organization {
    type Error = Invalid;

    fn try_from(stored: StoredOrganization<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: stored.id.parse()?,
            slug: stored.slug.parse()?,
            name: stored.name.parse()?,
            default_project: Project {
                id: stored.default_project.id.parse()?,
                name: stored.default_project.name.parse()?,
            },
            created_at: Timestamp::from_seconds(stored.created_at),
        })
    }
}

impl<'a> From<&'a ApiKey> for StoredApiKey<'a> {
    fn from(key: &'a ApiKey) -> Self {
        let ApiKey {
            id,
            organization_id,
            organization_slug,
            project_id,
            name,
            role,
            redacted_value,
            created_at,
            expires_at,
            revoked_at,
        } = key;
        Self {
            id: id.as_str().into(),
            organization_id: organization_id.as_str().into(),
            organization_slug: organization_slug.as_str().into(),
            project_id: project_id.as_str().into(),
            name: name.as_str().into(),
            role: role.as_str().into(),
            redacted_value: redacted_value.into(),
            created_at: created_at.seconds(),
            expires_at: expires_at.map(Timestamp::seconds),
            revoked_at: revoked_at.map(Timestamp::seconds),
        }
    }
}

impl TryFrom<StoredApiKey<'_>> for ApiKey {
    type Error = Invalid;

    fn try_from(stored: StoredApiKey<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: stored.id.parse()?,
            organization_id: stored.organization_id.parse()?,
            organization_slug: stored.organization_slug.parse()?,
            project_id: stored.project_id.parse()?,
            name: stored.name.parse()?,
            role: stored.role.parse()?,
            redacted_value: stored.redacted_value.into_owned(),
            created_at: Timestamp::from_seconds(stored.created_at),
            expires_at: stored.expires_at.map(Timestamp::from_seconds),
            revoked_at: stored.revoked_at.map(Timestamp::from_seconds),
        })
    }
}

impl<'a> From<&'a Model> for StoredModel<'a> {
    fn from(model: &'a Model) -> Self {
        let Model {
            id,
            scope,
            created,
            owned_by,
            shutdown_date,
        } = model;
        Self {
            id: id.as_str().into(),
            scope: match scope {
                Scope::Public => StoredScope::Public,
                Scope::Organization(id) => StoredScope::Organization(id.as_str().into()),
            },
            created: created.seconds(),
            owned_by: owned_by.as_str().into(),
            shutdown_date: shutdown_date.map(|date| String::from(date).into()),
        }
    }
}

impl TryFrom<StoredModel<'_>> for Model {
    type Error = Invalid;

    fn try_from(stored: StoredModel<'_>) -> Result<Self, Invalid> {
        let date = stored
            .shutdown_date
            .map(|date| date.parse::<ShutdownDate>());
        Ok(Self {
            id: stored.id.into_owned().try_into()?,
            scope: match stored.scope {
                StoredScope::Public => Scope::Public,
                StoredScope::Organization(id) => Scope::Organization(id.parse()?),
            },
            created: Timestamp::from_seconds(stored.created),
            owned_by: stored.owned_by.parse()?,
            shutdown_date: date.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests;
