//! What a change demands of the nodes.

use super::Change;
use crate::event::level::Level;
use crate::permission::AccountRole;

impl Change {
    /// Whether the change can take something away: a model, a key, or a permission. The commit of
    /// such a change waits at the barrier until no node serves the old state. Every change of a
    /// policy, a role, scopes, an expiry or a status waits, also one that only widens.
    #[must_use]
    pub const fn takes_away(&self) -> bool {
        match self {
            Self::OrganizationUpdated { .. }
            | Self::OrganizationDeleted { .. }
            | Self::ProjectArchived { .. }
            | Self::ModelPermissionsUpdated { .. }
            | Self::ServiceAccountUpdated { .. }
            | Self::ServiceAccountDeleted(_)
            | Self::ApiKeyUpdated { .. }
            | Self::ApiKeyDeleted(_)
            | Self::AdminApiKeyDeleted(_)
            | Self::ModelDeleted(_) => true,
            Self::OrganizationCreated(_)
            | Self::ProjectCreated { .. }
            | Self::ProjectUpdated { .. }
            | Self::ServiceAccountCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::AdminApiKeyCreated(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::LeaseUpdated { .. }
            | Self::AuditPruned { .. } => false,
        }
    }

    /// The level that a program must support to enforce this change. Recording a change of a higher
    /// level than the catalog's raises the catalog's level.
    #[must_use]
    pub fn level(&self) -> Level {
        let is_restricted = match self {
            Self::OrganizationUpdated { after, .. } => {
                after.disabled_at.is_some() || after.public_models.is_some()
            }
            Self::ProjectArchived { .. } => true,
            Self::ModelPermissionsUpdated { after, .. } => after.is_some(),
            Self::ServiceAccountCreated(account)
            | Self::ServiceAccountUpdated { after: account, .. } => {
                account.role == AccountRole::None
            }
            Self::ApiKeyCreated(key) | Self::ApiKeyUpdated { after: key, .. } => {
                key.scopes.is_some()
            }
            Self::OrganizationCreated(_)
            | Self::OrganizationDeleted { .. }
            | Self::ProjectCreated { .. }
            | Self::ProjectUpdated { .. }
            | Self::ServiceAccountDeleted(_)
            | Self::ApiKeyDeleted(_)
            | Self::AdminApiKeyCreated(_)
            | Self::AdminApiKeyDeleted(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::ModelDeleted(_)
            | Self::LeaseUpdated { .. }
            | Self::AuditPruned { .. } => false,
        };
        if is_restricted {
            Level::RESTRICTIONS
        } else {
            Level::FIRST
        }
    }
}
