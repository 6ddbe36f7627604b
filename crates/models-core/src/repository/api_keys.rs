//! The repository of API keys.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::api_key::{ApiKey, ApiKeyId, KeyDigest, ListedApiKey};
use crate::event::{Origin, Snapshot};
use crate::organization::OrganizationId;
use crate::time::Timestamp;

/// The repository of API keys. It stores the digest of a secret, never the secret.
#[async_trait]
pub trait ApiKeyRepository: Send + Sync {
    /// Inserts a key. `AlreadyExists` if any organization has a key with this secret, also a
    /// revoked one. `Failed` if the organization or the project does not exist, or if they do not
    /// belong together.
    async fn insert(
        &self,
        key: ApiKey,
        digest: KeyDigest,
        origin: Origin,
    ) -> Result<(), RepositoryError>;

    /// Whether any key exists, valid or not. This reads at most one row.
    async fn is_any(&self) -> Result<bool, RepositoryError>;

    /// All keys, or the keys of one organization, ordered by creation and then by id. Revoked and
    /// expired keys are included.
    async fn list(
        &self,
        organization_id: Option<&OrganizationId>,
    ) -> Result<Vec<ListedApiKey>, RepositoryError>;

    /// Records the last uses of keys. It ignores a use that is older than the recorded one and a
    /// key that does not exist. A use is no change: it has no event and no revision.
    async fn record_uses(&self, uses: Vec<(ApiKeyId, Timestamp)>) -> Result<(), RepositoryError>;

    /// The key with this digest, also a revoked or expired one.
    async fn find_by_digest(
        &self,
        digest: &KeyDigest,
    ) -> Result<Snapshot<Option<ApiKey>>, RepositoryError>;

    /// Revokes the key at the origin's time. Returns the revoked key when no node accepts it any
    /// more. A second revocation keeps the first time and logs nothing. `None` if there is no such
    /// key.
    async fn revoke(
        &self,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Result<Option<ApiKey>, RepositoryError>;
}
