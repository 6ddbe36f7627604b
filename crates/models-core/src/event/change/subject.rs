//! What a change is about.

use super::Change;
use crate::model::Scope;
use crate::organization::OrganizationId;
use crate::policy::PolicyReference;
use crate::project::ProjectId;

impl Change {
    /// The scope of the changed model; `None` if the change is not about a model.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match self {
            Self::OrganizationCreated(_)
            | Self::OrganizationUpdated { .. }
            | Self::OrganizationDeleted { .. }
            | Self::ProjectCreated { .. }
            | Self::ProjectUpdated { .. }
            | Self::ProjectArchived { .. }
            | Self::ModelPermissionsUpdated { .. }
            | Self::ServiceAccountCreated(_)
            | Self::ServiceAccountUpdated { .. }
            | Self::ServiceAccountDeleted(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyUpdated { .. }
            | Self::ApiKeyDeleted(_)
            | Self::AdminApiKeyCreated(_)
            | Self::AdminApiKeyDeleted(_)
            | Self::LeaseUpdated { .. }
            | Self::AuditPruned { .. } => None,
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => Some(&model.scope),
        }
    }

    /// The organization that the change belongs to. `None` if the change concerns all
    /// organizations, for example a change of a public model.
    #[must_use]
    pub fn organization_id(&self) -> Option<&OrganizationId> {
        match self {
            Self::OrganizationCreated(organization)
            | Self::OrganizationDeleted { organization, .. } => Some(&organization.id),
            Self::OrganizationUpdated { id, .. } => Some(id),
            Self::ProjectCreated {
                organization_id, ..
            }
            | Self::ProjectUpdated {
                organization_id, ..
            }
            | Self::ProjectArchived {
                organization_id, ..
            }
            | Self::ModelPermissionsUpdated {
                organization_id, ..
            } => Some(organization_id),
            Self::ServiceAccountCreated(account)
            | Self::ServiceAccountUpdated { after: account, .. }
            | Self::ServiceAccountDeleted(account) => Some(&account.organization_id),
            Self::ApiKeyCreated(key)
            | Self::ApiKeyUpdated { after: key, .. }
            | Self::ApiKeyDeleted(key) => Some(&key.organization_id),
            Self::AdminApiKeyCreated(key) | Self::AdminApiKeyDeleted(key) => {
                Some(&key.organization_id)
            }
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => model.scope.organization_id(),
            Self::LeaseUpdated { .. } | Self::AuditPruned { .. } => None,
        }
    }

    /// The project that the change concerns. `None` if it concerns the whole organization, a model, or
    /// all organizations.
    #[must_use]
    pub fn project_id(&self) -> Option<&ProjectId> {
        match self {
            Self::ProjectCreated { project, .. }
            | Self::ProjectUpdated { after: project, .. }
            | Self::ProjectArchived { project, .. } => Some(&project.id),
            Self::ModelPermissionsUpdated { project_id, .. } => Some(project_id),
            Self::ServiceAccountCreated(account)
            | Self::ServiceAccountUpdated { after: account, .. }
            | Self::ServiceAccountDeleted(account) => Some(&account.project_id),
            Self::ApiKeyCreated(key)
            | Self::ApiKeyUpdated { after: key, .. }
            | Self::ApiKeyDeleted(key) => Some(&key.project_id),
            Self::OrganizationCreated(_)
            | Self::OrganizationUpdated { .. }
            | Self::OrganizationDeleted { .. }
            | Self::AdminApiKeyCreated(_)
            | Self::AdminApiKeyDeleted(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::ModelDeleted(_)
            | Self::LeaseUpdated { .. }
            | Self::AuditPruned { .. } => None,
        }
    }

    /// The policies that the change names, before and after it.
    #[must_use]
    pub fn policies(&self) -> Vec<PolicyReference> {
        let all = match self {
            Self::OrganizationUpdated { before, after, .. } => vec![
                before.public_models,
                before.new_projects,
                after.public_models,
                after.new_projects,
            ],
            Self::ModelPermissionsUpdated { before, after, .. } => vec![*before, *after],
            Self::OrganizationCreated(_)
            | Self::OrganizationDeleted { .. }
            | Self::ProjectCreated { .. }
            | Self::ProjectUpdated { .. }
            | Self::ProjectArchived { .. }
            | Self::ServiceAccountCreated(_)
            | Self::ServiceAccountUpdated { .. }
            | Self::ServiceAccountDeleted(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyUpdated { .. }
            | Self::ApiKeyDeleted(_)
            | Self::AdminApiKeyCreated(_)
            | Self::AdminApiKeyDeleted(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::ModelDeleted(_)
            | Self::LeaseUpdated { .. }
            | Self::AuditPruned { .. } => vec![],
        };
        all.into_iter().flatten().collect()
    }

    /// The id of the changed organization, project, service account, key or model; `catalog` for a
    /// change of the lease or of the log.
    #[must_use]
    pub fn subject_id(&self) -> &str {
        match self {
            Self::OrganizationCreated(organization)
            | Self::OrganizationDeleted { organization, .. } => organization.id.as_str(),
            Self::OrganizationUpdated { id, .. } => id.as_str(),
            Self::ProjectCreated { project, .. }
            | Self::ProjectUpdated { after: project, .. }
            | Self::ProjectArchived { project, .. } => project.id.as_str(),
            Self::ModelPermissionsUpdated { project_id, .. } => project_id.as_str(),
            Self::ServiceAccountCreated(account)
            | Self::ServiceAccountUpdated { after: account, .. }
            | Self::ServiceAccountDeleted(account) => account.id.as_str(),
            Self::ApiKeyCreated(key)
            | Self::ApiKeyUpdated { after: key, .. }
            | Self::ApiKeyDeleted(key) => key.id.as_str(),
            Self::AdminApiKeyCreated(key) | Self::AdminApiKeyDeleted(key) => key.id.as_str(),
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => model.id.as_str(),
            Self::LeaseUpdated { .. } | Self::AuditPruned { .. } => "catalog",
        }
    }
}
