//! The stored forms of projects and of their policies.

use std::borrow::Cow;

use models_core::{
    Change, Invalid, OrganizationId, PolicyReference, Project, ProjectId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::policy::{self, StoredPolicy};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredProject<'a> {
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    is_default: bool,
    created_at: u32,
    archived_at: Option<u32>,
}

/// A project of an organization.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredOwnedProject<'a> {
    organization_id: Cow<'a, str>,
    project: StoredProject<'a>,
}

/// A change of a project's name.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredProjectUpdate<'a> {
    organization_id: Cow<'a, str>,
    before: StoredProject<'a>,
    after: StoredProject<'a>,
}

/// A change of a project's policy.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredModelPermissions<'a> {
    organization_id: Cow<'a, str>,
    project_id: Cow<'a, str>,
    before: Option<StoredPolicy<'a>>,
    after: Option<StoredPolicy<'a>>,
}

impl<'a> From<&'a Project> for StoredProject<'a> {
    fn from(project: &'a Project) -> Self {
        let Project {
            id,
            name,
            is_default,
            created_at,
            archived_at,
        } = project;
        Self {
            id: id.as_str().into(),
            name: name.as_str().into(),
            is_default: *is_default,
            created_at: created_at.seconds(),
            archived_at: archived_at.map(Timestamp::seconds),
        }
    }
}

impl TryFrom<StoredProject<'_>> for Project {
    type Error = Invalid;

    fn try_from(stored: StoredProject<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            id: stored.id.parse()?,
            name: stored.name.parse()?,
            is_default: stored.is_default,
            created_at: Timestamp::from_seconds(stored.created_at),
            archived_at: stored.archived_at.map(Timestamp::from_seconds),
        })
    }
}

impl<'a> StoredOwnedProject<'a> {
    pub(super) fn new(organization_id: &'a OrganizationId, project: &'a Project) -> Self {
        Self {
            organization_id: organization_id.as_str().into(),
            project: project.into(),
        }
    }

    pub(super) fn read(self) -> Result<(OrganizationId, Project), Invalid> {
        Ok((self.organization_id.parse()?, self.project.try_into()?))
    }
}

impl<'a> StoredProjectUpdate<'a> {
    pub(super) fn new(
        organization_id: &'a OrganizationId,
        before: &'a Project,
        after: &'a Project,
    ) -> Self {
        Self {
            organization_id: organization_id.as_str().into(),
            before: before.into(),
            after: after.into(),
        }
    }

    pub(super) fn read(self) -> Result<Change, Invalid> {
        Ok(Change::ProjectUpdated {
            organization_id: self.organization_id.parse()?,
            before: self.before.try_into()?,
            after: self.after.try_into()?,
        })
    }
}

impl<'a> StoredModelPermissions<'a> {
    pub(super) fn new(
        organization_id: &'a OrganizationId,
        project_id: &'a ProjectId,
        before: Option<PolicyReference>,
        after: Option<PolicyReference>,
    ) -> Self {
        Self {
            organization_id: organization_id.as_str().into(),
            project_id: project_id.as_str().into(),
            before: before.map(StoredPolicy::from),
            after: after.map(StoredPolicy::from),
        }
    }

    pub(super) fn read(self) -> Result<Change, Invalid> {
        Ok(Change::ModelPermissionsUpdated {
            organization_id: self.organization_id.parse()?,
            project_id: self.project_id.parse()?,
            before: policy::read(self.before)?,
            after: policy::read(self.after)?,
        })
    }
}
