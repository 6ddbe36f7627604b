//! What a store must promise.
//!
//! A method is a transaction: it happens whole or not at all. Absence is `None`, a name that is
//! taken is [`RepositoryError::AlreadyExists`], and a store that cannot be reached is
//! [`RepositoryError::Unavailable`]. Each mutation appends its events to the log in the same
//! transaction. A caller that goes away cancels nothing.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::api_key::{ApiKey, ApiKeyId, KeyDigest, ListedApiKey};
use crate::consistency::Leases;
use crate::event::{Level, LogEntry, Origin, Position, Revision, Snapshot};
use crate::import::{Import, ImportReport};
use crate::model::{Model, ModelId, Scope};
use crate::organization::{Organization, OrganizationId, Slug};
use crate::time::Timestamp;
use crate::visibility::DeletionRefusal;

/// Why a store did not do what it was asked. Nothing was changed, except that an `Unavailable` with [`CommitInDoubt`] as
/// its source leaves open whether the commit happened.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// Something with this name is there already.
    #[error("it exists already")]
    AlreadyExists,
    /// The database cannot be reached, is overloaded or cannot write at the moment; the same call
    /// may succeed later.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault that repeating will not mend.
    #[error("the database failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The catalog is at a level that this program does not support.
    #[error(
        "the catalog is at level {needed}, and this program supports level {supported}; run version {version} or newer"
    )]
    Outdated {
        /// The catalog's level.
        needed: Level,
        /// The highest level that this program supports.
        supported: Level,
        /// The version of the program that raised the level.
        version: String,
    },
    /// Nodes of an older version are registered, which could not enforce the change.
    #[error(
        "nodes of an older version are registered ({}); upgrade or stop them, then repeat the change",
        .0.join(", ")
    )]
    OlderNodes(Vec<String>),
}

/// A commit whose outcome is not known. It is the source of an [`RepositoryError::Unavailable`], and holds the reason.
#[derive(Debug, thiserror::Error)]
#[error("the commit was not confirmed, so the change may have been made: {0}")]
pub struct CommitInDoubt(pub String);

impl RepositoryError {
    /// Whether the change may have been made all the same.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Unavailable(source) => source.is::<CommitInDoubt>(),
            Self::AlreadyExists | Self::Failed(_) | Self::Outdated { .. } | Self::OlderNodes(_) => {
                false
            }
        }
    }
}

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

/// Where organizations are kept.
#[async_trait]
pub trait OrganizationRepository: Send + Sync {
    /// Adds an organization with its default project. `AlreadyExists` if its id or slug, or the
    /// project's id, is taken.
    async fn insert(
        &self,
        organization: Organization,
        origin: Origin,
    ) -> Result<(), RepositoryError>;

    /// All organizations, by slug.
    async fn list(&self) -> Result<Vec<Organization>, RepositoryError>;

    /// The organization with this slug.
    async fn find_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, RepositoryError>;
}

/// Where keys are kept. Of the secret only the digest is.
#[async_trait]
pub trait ApiKeyRepository: Send + Sync {
    /// Adds a key. `AlreadyExists` if a key with this secret is there already, in whatever
    /// organization, revoked or not. `Failed` if the organization or the project does not exist or
    /// they do not belong together.
    async fn insert(
        &self,
        key: ApiKey,
        digest: KeyDigest,
        origin: Origin,
    ) -> Result<(), RepositoryError>;

    /// Whether there is a key at all, good or not. One is enough to know: nothing else is read.
    async fn is_any(&self) -> Result<bool, RepositoryError>;

    /// All keys, or those of one organization, by creation and then by id; revoked and expired ones
    /// too.
    async fn list(
        &self,
        organization_id: Option<&OrganizationId>,
    ) -> Result<Vec<ListedApiKey>, RepositoryError>;

    /// Records that these keys were used at these times, where none later is known. A key that is
    /// not there is passed over. It is no change: there is no event, and no new revision.
    async fn record_uses(&self, uses: Vec<(ApiKeyId, Timestamp)>) -> Result<(), RepositoryError>;

    /// The key whose secret has this digest, also if it is revoked or expired.
    async fn find_by_digest(
        &self,
        digest: &KeyDigest,
    ) -> Result<Snapshot<Option<ApiKey>>, RepositoryError>;

    /// Revokes the key at the origin's time and answers it as it is afterwards, when no node takes
    /// it any more. A key that was revoked before stays as it is, with the time of then, and nothing
    /// is logged. `None` if there is no such key.
    async fn revoke(
        &self,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Result<Option<ApiKey>, RepositoryError>;
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

/// What a catalog holds from its beginning.
#[derive(Debug, Clone)]
pub struct FirstContents {
    /// The first models.
    pub import: Import,
    /// The first organization.
    pub organization: Organization,
    /// Its first key.
    pub key: ApiKey,
    /// The digest of the key's secret.
    pub digest: KeyDigest,
}

/// The beginning of a catalog.
#[async_trait]
pub trait FirstStartRepository: Send + Sync {
    /// Adds all of this to a catalog that has never had an event, and answers whether it did. Any
    /// other catalog stays as it is.
    async fn fill_if_empty(
        &self,
        contents: FirstContents,
        origin: Origin,
    ) -> Result<bool, RepositoryError>;
}

/// The log of all changes.
#[async_trait]
pub trait EventRepository: Send + Sync {
    /// The newest revision: that of the last event, 0 before the first.
    async fn revision(&self) -> Result<Revision, RepositoryError>;

    /// With what revisions are encrypted before anybody outside is told one: the same on all nodes of
    /// a catalog, and in its backups.
    async fn token_secret(&self) -> Result<[u8; 16], RepositoryError>;

    /// The newest position: its revision is that of the last event, 0 before the first.
    async fn position(&self) -> Result<Position, RepositoryError>;

    /// The rows after this revision, oldest first, at most `limit` of them, and the newest position at the
    /// same moment. Their revisions have no gaps. A row that this version does not understand is
    /// logged and returned as unknown.
    async fn list_after(
        &self,
        revision: Revision,
        limit: u32,
    ) -> Result<Snapshot<Vec<LogEntry>>, RepositoryError>;
}

/// The lease that all processes of a catalog share.
#[async_trait]
pub trait LeaseRepository: Send + Sync {
    /// The leases of the catalog. `None` until the first node has started.
    async fn find(&self) -> Result<Option<Leases>, RepositoryError>;

    /// Puts a lease in force, in whole seconds, and returns the leases afterwards. The lease that is in
    /// force already changes nothing, and nothing is logged. `OlderNodes` while nodes are registered
    /// whose version does not know this change.
    async fn set(&self, lease: Duration, origin: Origin) -> Result<Leases, RepositoryError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_commit_that_was_not_confirmed_is_in_doubt() {
        let in_doubt = CommitInDoubt("the connection ended".to_owned());
        assert!(RepositoryError::Unavailable(in_doubt.into()).is_in_doubt());
        assert!(!RepositoryError::Unavailable("it is down".into()).is_in_doubt());
        let failed = CommitInDoubt("as the source of another error".to_owned());
        assert!(!RepositoryError::Failed(failed.into()).is_in_doubt());
        assert!(!RepositoryError::AlreadyExists.is_in_doubt());
    }
}
