//! Whom a request is made for.

use crate::api_key::{ApiKey, ApiKeyId, KeyRejection};
use crate::organization::{OrganizationId, ProjectId, Slug};
use crate::role::Role;
use crate::time::Timestamp;

/// Whom a request is made for: a key that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key.
    pub key_id: ApiKeyId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its organization's slug.
    pub organization_slug: Slug,
    /// Its project.
    pub project_id: ProjectId,
    /// What it may do.
    pub role: Role,
}

impl ApiKey {
    /// Whom the key stands for at `now`.
    pub fn principal(&self, now: Timestamp) -> Result<Principal, KeyRejection> {
        self.validity().check(now).map(|()| self.holder())
    }

    /// Whom the key stands for whenever it is good.
    #[must_use]
    pub fn holder(&self) -> Principal {
        Principal {
            key_id: self.id.clone(),
            organization_id: self.organization_id.clone(),
            organization_slug: self.organization_slug.clone(),
            project_id: self.project_id.clone(),
            role: self.role,
        }
    }
}
