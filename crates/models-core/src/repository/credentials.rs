//! The repository of credentials.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::admin_api_key::{AdminAccess, AdminApiKeyId};
use crate::api_key::{ApiKeyId, KeyAccess, KeyDigest};
use crate::event::Snapshot;
use crate::time::Timestamp;

/// A key of either kind, as the digest of a secret finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// An API key.
    ApiKey(KeyAccess),
    /// An admin API key.
    AdminApiKey(AdminAccess),
}

/// The last uses of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyUses {
    /// Those of API keys.
    pub api_keys: Vec<(ApiKeyId, Timestamp)>,
    /// Those of admin API keys.
    pub admin_api_keys: Vec<(AdminApiKeyId, Timestamp)>,
}

/// The repository of the keys of both kinds, as requests use them.
#[async_trait]
pub trait CredentialRepository: Send + Sync {
    /// The key with this digest, also a revoked or expired one, with the role, the
    /// policies and the suspension that apply to it.
    async fn find_by_digest(
        &self,
        digest: &KeyDigest,
    ) -> Result<Snapshot<Option<Credential>>, RepositoryError>;

    /// Records the last uses of keys. It ignores a use that is older than the recorded one and a
    /// key that does not exist. A use is no change: it has no event and no revision.
    async fn record_uses(&self, uses: KeyUses) -> Result<(), RepositoryError>;
}
