//! Where keys are kept.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::api_key::{ApiKey, ApiKeyId, KeyDigest, ListedApiKey};
use crate::event::{Origin, Snapshot};
use crate::organization::OrganizationId;
use crate::time::Timestamp;

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
