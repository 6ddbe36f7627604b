//! The changes that the event log records.

mod subject;
mod weight;

use crate::admin_api_key::AdminApiKey;
use crate::api_key::ApiKey;
use crate::model::Model;
use crate::organization::{Organization, OrganizationContents, OrganizationId, OrganizationState};
use crate::policy::PolicyReference;
use crate::project::{Project, ProjectId};
use crate::service_account::ServiceAccount;
use crate::time::Timestamp;

/// A change of the catalog. Its kinds have the names of OpenAI's audit log where that has one;
/// `model.*`, `model_permissions.*`, `organization.*`, `admin_api_key.*`, `lease.updated` and
/// `audit.pruned` are this service's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new organization, with its default project.
    OrganizationCreated(Organization),
    /// An organization with changed settings.
    OrganizationUpdated {
        /// The organization.
        id: OrganizationId,
        /// Its settings before the change.
        before: OrganizationState,
        /// Its settings after the change.
        after: OrganizationState,
    },
    /// A deleted organization, as it was before the deletion.
    OrganizationDeleted {
        /// The organization.
        organization: Organization,
        /// The contents that were removed with it.
        removed: OrganizationContents,
    },
    /// A new project.
    ProjectCreated {
        /// The project's organization.
        organization_id: OrganizationId,
        /// The project.
        project: Project,
    },
    /// A project with another name.
    ProjectUpdated {
        /// The project's organization.
        organization_id: OrganizationId,
        /// The project before the change.
        before: Project,
        /// The project after the change, with the same id.
        after: Project,
    },
    /// An archived project, as it is after the change.
    ProjectArchived {
        /// The project's organization.
        organization_id: OrganizationId,
        /// The project.
        project: Project,
    },
    /// A project with another policy.
    ModelPermissionsUpdated {
        /// The project's organization.
        organization_id: OrganizationId,
        /// The project.
        project_id: ProjectId,
        /// The policy before the change.
        before: Option<PolicyReference>,
        /// The policy after the change.
        after: Option<PolicyReference>,
    },
    /// A new service account.
    ServiceAccountCreated(ServiceAccount),
    /// A service account with another name or role.
    ServiceAccountUpdated {
        /// The account before the change.
        before: ServiceAccount,
        /// The account after the change, with the same id.
        after: ServiceAccount,
    },
    /// A deleted service account, as it was before the deletion.
    ServiceAccountDeleted(ServiceAccount),
    /// A new key.
    ApiKeyCreated(ApiKey),
    /// A key with other scopes, another role or another expiry.
    ApiKeyUpdated {
        /// The key before the change.
        before: ApiKey,
        /// The key after the change, with the same id.
        after: ApiKey,
    },
    /// A revoked key, as it is after the revocation.
    ApiKeyDeleted(ApiKey),
    /// A new admin key.
    AdminApiKeyCreated(AdminApiKey),
    /// A revoked admin key, as it is after the revocation.
    AdminApiKeyDeleted(AdminApiKey),
    /// A new model.
    ModelCreated(Model),
    /// A model with changed properties.
    ModelUpdated {
        /// The model before the change.
        before: Model,
        /// The model after the change, with the same id and scope.
        after: Model,
    },
    /// A deleted model, as it was before the deletion.
    ModelDeleted(Model),
    /// A change of the lease in force.
    LeaseUpdated {
        /// The lease before, in seconds; `None` if no node had ever started.
        before_seconds: Option<u32>,
        /// The lease in force from this change on, in seconds.
        after_seconds: u32,
    },
    /// A removal of the beginning of the log.
    AuditPruned {
        /// Events that are older than this were removed.
        before: Timestamp,
    },
}

impl Change {
    /// The names of all kinds of change that this version knows.
    pub const KINDS: [&str; 20] = [
        "organization.created",
        "organization.updated",
        "organization.deleted",
        "project.created",
        "project.updated",
        "project.archived",
        "model_permissions.updated",
        "service_account.created",
        "service_account.updated",
        "service_account.deleted",
        "api_key.created",
        "api_key.updated",
        "api_key.deleted",
        "admin_api_key.created",
        "admin_api_key.deleted",
        "model.created",
        "model.updated",
        "model.deleted",
        "lease.updated",
        "audit.pruned",
    ];

    /// The name of this kind of change, such as `model.deleted`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OrganizationCreated(_) => "organization.created",
            Self::OrganizationUpdated { .. } => "organization.updated",
            Self::OrganizationDeleted { .. } => "organization.deleted",
            Self::ProjectCreated { .. } => "project.created",
            Self::ProjectUpdated { .. } => "project.updated",
            Self::ProjectArchived { .. } => "project.archived",
            Self::ModelPermissionsUpdated { .. } => "model_permissions.updated",
            Self::ServiceAccountCreated(_) => "service_account.created",
            Self::ServiceAccountUpdated { .. } => "service_account.updated",
            Self::ServiceAccountDeleted(_) => "service_account.deleted",
            Self::ApiKeyCreated(_) => "api_key.created",
            Self::ApiKeyUpdated { .. } => "api_key.updated",
            Self::ApiKeyDeleted(_) => "api_key.deleted",
            Self::AdminApiKeyCreated(_) => "admin_api_key.created",
            Self::AdminApiKeyDeleted(_) => "admin_api_key.deleted",
            Self::ModelCreated(_) => "model.created",
            Self::ModelUpdated { .. } => "model.updated",
            Self::ModelDeleted(_) => "model.deleted",
            Self::LeaseUpdated { .. } => "lease.updated",
            Self::AuditPruned { .. } => "audit.pruned",
        }
    }
}

#[cfg(test)]
mod tests;
