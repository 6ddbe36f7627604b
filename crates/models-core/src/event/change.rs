//! The changes that the event log records.

use super::level::Level;
use crate::api_key::ApiKey;
use crate::model::{Model, Scope};
use crate::organization::{Organization, OrganizationId};

/// A change of the catalog. Its kinds have the names of OpenAI's audit log where that has one;
/// `model.*`, `organization.created` and `lease.updated` are this service's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new organization, with its default project.
    OrganizationCreated(Organization),
    /// A new key.
    ApiKeyCreated(ApiKey),
    /// A revoked key, as it is after the revocation.
    ApiKeyDeleted(ApiKey),
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
}

impl Change {
    /// The names of all kinds of change that this version knows.
    pub const KINDS: [&str; 7] = [
        "organization.created",
        "api_key.created",
        "api_key.deleted",
        "model.created",
        "model.updated",
        "model.deleted",
        "lease.updated",
    ];

    /// The name of this kind of change, such as `model.deleted`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OrganizationCreated(_) => "organization.created",
            Self::ApiKeyCreated(_) => "api_key.created",
            Self::ApiKeyDeleted(_) => "api_key.deleted",
            Self::ModelCreated(_) => "model.created",
            Self::ModelUpdated { .. } => "model.updated",
            Self::ModelDeleted(_) => "model.deleted",
            Self::LeaseUpdated { .. } => "lease.updated",
        }
    }

    /// The scope of the changed model; `None` if the change is not about a model.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match self {
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyDeleted(_)
            | Self::LeaseUpdated { .. } => None,
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => Some(&model.scope),
        }
    }

    /// The organization whose catalog or keys changed. `None` if the change concerns all
    /// organizations, for example a change of a public model.
    #[must_use]
    pub fn organization_id(&self) -> Option<&OrganizationId> {
        match self {
            Self::OrganizationCreated(organization) => Some(&organization.id),
            Self::ApiKeyCreated(key) | Self::ApiKeyDeleted(key) => Some(&key.organization_id),
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => model.scope.organization_id(),
            Self::LeaseUpdated { .. } => None,
        }
    }

    /// Whether the change deletes or revokes something. The commit of such a change waits at the
    /// barrier until no node serves the old state.
    #[must_use]
    pub const fn takes_away(&self) -> bool {
        match self {
            Self::ApiKeyDeleted(_) | Self::ModelDeleted(_) => true,
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::LeaseUpdated { .. } => false,
        }
    }

    /// The level that a program must support to enforce this change. Recording a change of a higher
    /// level than the catalog's raises the catalog's level.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyDeleted(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::ModelDeleted(_)
            | Self::LeaseUpdated { .. } => Level::FIRST,
        }
    }

    /// The id of the changed organization, key or model; `catalog` for a change of the lease.
    #[must_use]
    pub fn subject_id(&self) -> &str {
        match self {
            Self::OrganizationCreated(organization) => organization.id.as_str(),
            Self::ApiKeyCreated(key) | Self::ApiKeyDeleted(key) => key.id.as_str(),
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => model.id.as_str(),
            Self::LeaseUpdated { .. } => "catalog",
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::api_key::{ApiKeyId, Role};
    use crate::project::{Project, ProjectId};
    use crate::time::Timestamp;

    fn organization() -> Organization {
        Organization {
            id: OrganizationId::from_uuid(Uuid::from_u128(1)),
            slug: "acme".parse().expect("a slug"),
            name: "Acme".parse().expect("a name"),
            default_project: Project {
                id: ProjectId::from_uuid(Uuid::from_u128(2)),
                name: "Default".parse().expect("a name"),
            },
            created_at: Timestamp::from_seconds(1),
        }
    }

    fn key() -> ApiKey {
        ApiKey {
            id: ApiKeyId::from_uuid(Uuid::from_u128(3)),
            organization_id: organization().id,
            organization_slug: organization().slug,
            project_id: organization().default_project.id,
            name: "ci".parse().expect("a name"),
            role: Role::Reader,
            redacted_value: "...".to_owned(),
            created_at: Timestamp::from_seconds(1),
            expires_at: None,
            revoked_at: None,
        }
    }

    fn model(scope: Scope) -> Model {
        Model {
            id: "a".parse().expect("an id"),
            scope,
            created: Timestamp::from_seconds(1),
            owned_by: "b".parse().expect("a name"),
            shutdown_date: None,
        }
    }

    #[test]
    fn each_kind_of_change_has_its_subject_scope_and_barrier() {
        let id = organization().id;
        let (public, own) = (model(Scope::Public), model(Scope::Organization(id.clone())));
        let updated = |model: &Model| Change::ModelUpdated {
            before: model.clone(),
            after: model.clone(),
        };
        let lease = Change::LeaseUpdated {
            before_seconds: Some(15),
            after_seconds: 30,
        };
        let organization_id = id.as_str();
        let key_id = "key_00000000000000000000000000000003";
        // Columns: the change, its kind, its subject, whether it has an organization, whether it
        // has a scope, whether it takes away.
        let table = [
            (
                Change::OrganizationCreated(organization()),
                ("organization.created", organization_id, true, false, false),
            ),
            (
                Change::ApiKeyCreated(key()),
                ("api_key.created", key_id, true, false, false),
            ),
            (
                Change::ApiKeyDeleted(key()),
                ("api_key.deleted", key_id, true, false, true),
            ),
            (
                Change::ModelCreated(public.clone()),
                ("model.created", "a", false, true, false),
            ),
            (
                Change::ModelCreated(own.clone()),
                ("model.created", "a", true, true, false),
            ),
            (updated(&public), ("model.updated", "a", false, true, false)),
            (updated(&own), ("model.updated", "a", true, true, false)),
            (
                Change::ModelDeleted(public.clone()),
                ("model.deleted", "a", false, true, true),
            ),
            (
                Change::ModelDeleted(own),
                ("model.deleted", "a", true, true, true),
            ),
            (lease, ("lease.updated", "catalog", false, false, false)),
        ];
        let mut kinds: Vec<&str> = vec![];
        for (change, (kind, subject, has_organization, has_scope, takes_away)) in table {
            assert_eq!(change.kind(), kind);
            assert_eq!(change.subject_id(), subject, "{kind}");
            let organization = has_organization.then_some(&id);
            assert_eq!(change.organization_id(), organization, "{kind}");
            let scope = has_scope.then(|| organization.cloned().into());
            assert_eq!(change.scope(), scope.as_ref(), "{kind}");
            assert_eq!(change.takes_away(), takes_away, "{kind}");
            assert_eq!(change.level(), Level::FIRST, "{kind}");
            kinds.push(kind);
        }
        kinds.dedup();
        assert_eq!(kinds, Change::KINDS);
    }
}
