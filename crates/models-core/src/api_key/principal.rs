//! The principal of a request.

use super::key::ApiKeyId;
use crate::organization::{OrganizationId, Slug};
use crate::permission::{Permissions, Role};
use crate::policy::Policies;
use crate::project::ProjectId;
use crate::service_account::ServiceAccountId;

/// The principal of a request: the accepted key with its organization, project, permissions and
/// policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The id of the key.
    pub key_id: ApiKeyId,
    /// The key's organization.
    pub organization_id: OrganizationId,
    /// The slug of that organization.
    pub organization_slug: Slug,
    /// The key's project.
    pub project_id: ProjectId,
    /// The service account that owns the key.
    pub service_account_id: Option<ServiceAccountId>,
    /// The role of the key.
    pub role: Role,
    /// What the key may do: what its role, its account's role and its scopes all allow.
    pub permissions: Permissions,
    /// The policies that decide which models the key sees.
    pub policies: Policies,
}
