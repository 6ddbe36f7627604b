//! The stored form of organizations with their default projects.

use std::borrow::Cow;

use models_core::{
    Change, DefaultProject, Invalid, Organization, OrganizationContents, OrganizationId,
    OrganizationState, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::policy::{self, StoredPolicy};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredOrganization<'a> {
    id: Cow<'a, str>,
    slug: Cow<'a, str>,
    name: Cow<'a, str>,
    default_project: StoredDefaultProject<'a>,
    created_at: u32,
}

#[derive(Serialize, Deserialize)]
struct StoredDefaultProject<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
}

impl<'a> From<&'a Organization> for StoredOrganization<'a> {
    fn from(organization: &'a Organization) -> Self {
        let Organization {
            id,
            slug,
            name,
            default_project,
            created_at,
            // A new organization is not disabled.
            disabled_at: _,
        } = organization;
        Self {
            id: id.as_str().into(),
            slug: slug.as_str().into(),
            name: name.as_str().into(),
            default_project: default_project.into(),
            created_at: created_at.seconds(),
        }
    }
}

impl<'a> From<&'a DefaultProject> for StoredDefaultProject<'a> {
    fn from(project: &'a DefaultProject) -> Self {
        let DefaultProject { id, name } = project;
        Self {
            id: id.as_str().into(),
            name: name.as_str().into(),
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
            default_project: stored.default_project.try_into()?,
            created_at: Timestamp::from_seconds(stored.created_at),
            disabled_at: None,
        })
    }
}

impl TryFrom<StoredDefaultProject<'_>> for DefaultProject {
    type Error = Invalid;

    fn try_from(stored: StoredDefaultProject<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: stored.id.parse()?,
            name: stored.name.parse()?,
        })
    }
}

/// A change of an organization's settings.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredOrganizationUpdate<'a> {
    id: Cow<'a, str>,
    before: StoredSettings<'a>,
    after: StoredSettings<'a>,
}

#[derive(Serialize, Deserialize)]
struct StoredSettings<'a> {
    name: Cow<'a, str>,
    disabled_at: Option<u32>,
    policy: Option<StoredPolicy<'a>>,
    project_policy: Option<StoredPolicy<'a>>,
}

impl<'a> From<&'a OrganizationState> for StoredSettings<'a> {
    fn from(state: &'a OrganizationState) -> Self {
        let OrganizationState {
            name,
            disabled_at,
            public_models,
            new_projects,
        } = state;
        Self {
            name: name.as_str().into(),
            disabled_at: disabled_at.map(Timestamp::seconds),
            policy: public_models.map(StoredPolicy::from),
            project_policy: new_projects.map(StoredPolicy::from),
        }
    }
}

impl TryFrom<StoredSettings<'_>> for OrganizationState {
    type Error = Invalid;

    fn try_from(stored: StoredSettings<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            name: stored.name.parse()?,
            disabled_at: stored.disabled_at.map(Timestamp::from_seconds),
            public_models: policy::read(stored.policy)?,
            new_projects: policy::read(stored.project_policy)?,
        })
    }
}

impl<'a> StoredOrganizationUpdate<'a> {
    pub(super) fn new(
        id: &'a OrganizationId,
        before: &'a OrganizationState,
        after: &'a OrganizationState,
    ) -> Self {
        Self {
            id: id.as_str().into(),
            before: before.into(),
            after: after.into(),
        }
    }

    pub(super) fn read(self) -> Result<Change, Invalid> {
        Ok(Change::OrganizationUpdated {
            id: self.id.parse()?,
            before: self.before.try_into()?,
            after: self.after.try_into()?,
        })
    }
}

/// A deleted organization, as it was before, and what was removed with it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredOrganizationDeletion<'a> {
    organization: StoredOrganization<'a>,
    disabled_at: Option<u32>,
    removed: StoredContents,
}

#[derive(Serialize, Deserialize)]
struct StoredContents {
    api_keys: u64,
    admin_api_keys: u64,
    projects: u64,
    service_accounts: u64,
    models: u64,
}

impl<'a> StoredOrganizationDeletion<'a> {
    pub(super) fn new(organization: &'a Organization, removed: OrganizationContents) -> Self {
        let OrganizationContents {
            api_keys,
            admin_api_keys,
            projects,
            service_accounts,
            models,
        } = removed;
        Self {
            organization: organization.into(),
            disabled_at: organization.disabled_at.map(Timestamp::seconds),
            removed: StoredContents {
                api_keys,
                admin_api_keys,
                projects,
                service_accounts,
                models,
            },
        }
    }

    pub(super) fn read(self) -> Result<Change, Invalid> {
        let StoredContents {
            api_keys,
            admin_api_keys,
            projects,
            service_accounts,
            models,
        } = self.removed;
        Ok(Change::OrganizationDeleted {
            organization: Organization {
                disabled_at: self.disabled_at.map(Timestamp::from_seconds),
                ..self.organization.try_into()?
            },
            removed: OrganizationContents {
                api_keys,
                admin_api_keys,
                projects,
                service_accounts,
                models,
            },
        })
    }
}
