//! The repository of models.

use std::sync::Arc;

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::api_key::ApiKeyId;
use crate::event::{Context, Origin, Revision, Snapshot};
use crate::import::{Import, ImportReport};
use crate::model::{Model, ModelId, Scope};
use crate::organization::OrganizationId;
use crate::time::Timestamp;
use crate::visibility::DeletionRefusal;

/// A callback that takes the number of import entries processed so far.
pub type Progress = Arc<dyn Fn(usize) + Send + Sync>;

/// Whether a request is the first attempt. The SDKs repeat a request whose response was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The request carries no sign of an earlier attempt.
    First,
    /// The client says that it has sent the request before.
    Repeated,
}

/// The models that an organization may see, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    /// The models, ordered by `created`, the bytes of the id, and the scope.
    pub models: Vec<Model>,
    /// The revision of the newest change of a public model that `models` includes; 0 before the
    /// first.
    pub public_revision: Revision,
    /// The revision of the newest change of the organization's own models that `models` includes; 0
    /// before the first.
    pub own_revision: Revision,
}

/// The outcome of a request to delete a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deletion {
    /// The model is deleted.
    Deleted {
        /// The model before the deletion.
        model: Model,
        /// The revision of the deletion.
        revision: Revision,
    },
    /// The same key deleted the model within the last minute, and this is a repeated request.
    /// Nothing changed.
    Repeated {
        /// The model before that deletion.
        model: Model,
        /// The revision of that deletion.
        revision: Revision,
    },
    /// The deletion is refused. Nothing changed.
    Refused(DeletionRefusal),
}

/// The repository of models. Ids are unique within a scope.
#[async_trait]
pub trait ModelRepository: Send + Sync {
    /// The models of exactly this scope, ordered by `created` and then by the bytes of the id.
    async fn list(&self, scope: &Scope) -> Result<Vec<Model>, RepositoryError>;

    /// The model with this id in exactly this scope.
    async fn find(&self, scope: &Scope, id: &ModelId) -> Result<Option<Model>, RepositoryError>;

    /// All models that [`visibility::list`](crate::visibility::list) can show to this organization:
    /// the public models and the organization's own.
    async fn list_candidates(
        &self,
        organization_id: &OrganizationId,
    ) -> Result<Snapshot<Candidates>, RepositoryError>;

    /// Inserts new models and updates models that differ. Models of the scope that the import does
    /// not name stay. An entry without a difference logs nothing. Readers see the whole import or
    /// nothing of it.
    ///
    /// The import compares its entries with the catalog before it takes the turn, so that other
    /// changes wait only while it writes the difference. A dry run returns the same report and
    /// changes nothing. `progress` receives the number of compared entries, from 1 up to all of
    /// them. `Failed` if the scope's organization does not exist; `AlreadyExists` if the import
    /// names an id twice.
    async fn import(
        &self,
        import: Import,
        origin: Origin,
        progress: Progress,
    ) -> Result<ImportReport, RepositoryError>;

    /// Deletes the model that [`visibility::find_deletable`](crate::visibility::find_deletable)
    /// returns for the key at this time. The transaction reads the key, so a revoked key deletes
    /// nothing, however recent the revocation.
    ///
    /// If there is nothing to delete, a repeated attempt returns a deletion that the same key made
    /// in the last 60 s. A deletion returns once no node shows the model.
    async fn delete_as(
        &self,
        key_id: &ApiKeyId,
        id: &ModelId,
        at: Timestamp,
        attempt: Attempt,
        context: Context,
    ) -> Result<Deletion, RepositoryError>;

    /// Deletes the model of exactly this scope. Returns the model as it was, once no node shows
    /// it. `None` if there is none.
    async fn delete(
        &self,
        scope: &Scope,
        id: &ModelId,
        origin: Origin,
    ) -> Result<Option<Model>, RepositoryError>;
}
