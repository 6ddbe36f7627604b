//! Service accounts, which own the keys of a project.

use serde::Serialize;

use crate::organization::OrganizationId;
use crate::permission::AccountRole;
use crate::project::ProjectId;
use crate::text::Name;
use crate::text::checked::prefixed_id;
use crate::time::Timestamp;

prefixed_id! {
    /// A service account's id: `svc_acct_` followed by letters and digits if the service made it.
    ServiceAccountId, "a service account id", "svc_acct_"
}

/// A service account. It stands for a program, and owns keys of its project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceAccount {
    /// The id, which is unique and never changes.
    pub id: ServiceAccountId,
    /// The organization of the project.
    pub organization_id: OrganizationId,
    /// The project that the account belongs to.
    pub project_id: ProjectId,
    /// The display name.
    pub name: Name,
    /// The role.
    pub role: AccountRole,
    /// The time of creation.
    pub created_at: Timestamp,
}
