//! Where models are kept.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::api_key::ApiKeyId;
use crate::event::{Origin, Revision, Snapshot};
use crate::import::{Import, ImportReport};
use crate::model::{Model, ModelId, Scope};
use crate::organization::OrganizationId;
use crate::time::Timestamp;
use crate::visibility::DeletionRefusal;

/// Told how many entries of an import have been worked on.
pub type Progress = Arc<dyn Fn(usize) + Send + Sync>;

/// Whether a request is made for the first time. The SDKs repeat one whose answer got lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// For all we know, the first.
    First,
    /// The client says that it has asked before.
    Repeated,
}

/// What an organization might be shown, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    /// The models, by `created`, the bytes of the id, and the scope.
    pub models: Vec<Model>,
    /// The newest change to any public model that is in these; 0 before the first.
    pub public_revision: Revision,
    /// The newest change to any of the organization's own models that is in these; 0 before the
    /// first.
    pub own_revision: Revision,
}

/// What came of a request to delete a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone.
    Deleted {
        /// What it was.
        model: Model,
        /// The revision from which on it is gone.
        revision: Revision,
    },
    /// The same key deleted it within the last minute, and this asks again. Nothing was changed.
    Repeated {
        /// What it was then.
        model: Model,
        /// The revision from which on it is gone.
        revision: Revision,
    },
    /// Nothing was changed.
    Refused(DeletionRefusal),
}

/// Where models are kept. Their ids are unique within a scope.
#[async_trait]
pub trait ModelRepository: Send + Sync {
    /// The models of exactly this scope, by `created` and then by the bytes of the id.
    async fn list(&self, scope: &Scope) -> Result<Vec<Model>, RepositoryError>;

    /// The model of exactly this scope with this id.
    async fn find(&self, scope: &Scope, id: &ModelId) -> Result<Option<Model>, RepositoryError>;

    /// Everything that [`visibility::list`](crate::visibility::list) could show to this
    /// organization: the public models and its own, no other's.
    async fn list_candidates(
        &self,
        organization_id: &OrganizationId,
    ) -> Result<Snapshot<Candidates>, RepositoryError>;

    /// Adds the models that are new and changes those that are different. Models of the scope that
    /// are not in the import stay. An entry that says nothing new logs nothing. Readers see all of
    /// the import or nothing. It is compared with the catalog before it takes the turn, so that other
    /// changes wait only while the difference is written. `Failed` if the scope's organization does
    /// not exist, `AlreadyExists` if the import names an id twice. A dry run reports the same and
    /// changes nothing. `progress` hears the number of entries compared, from 1 up to all of them.
    async fn import(
        &self,
        import: Import,
        origin: Origin,
        progress: Progress,
    ) -> Result<ImportReport, RepositoryError>;

    /// Deletes what [`visibility::find_deletable`](crate::visibility::find_deletable) names for the
    /// key at the given time. The key is read in the same transaction, so one that has been revoked
    /// deletes nothing, however lately. Where there is nothing to delete and `attempt` is a
    /// repeated one, a deletion that this key made in the 60 s before is answered again. A
    /// deletion is answered when no node shows the model any more.
    async fn delete_as(
        &self,
        key_id: &ApiKeyId,
        id: &ModelId,
        at: Timestamp,
        attempt: Attempt,
    ) -> Result<Deletion, RepositoryError>;

    /// Deletes the model of exactly this scope and answers what it was, when no node shows it any
    /// more. `None` if there is none.
    async fn delete(
        &self,
        scope: &Scope,
        id: &ModelId,
        origin: Origin,
    ) -> Result<Option<Model>, RepositoryError>;
}
