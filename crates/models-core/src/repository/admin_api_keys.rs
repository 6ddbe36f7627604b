//! The repository of admin API keys.

use async_trait::async_trait;

use super::administration::Administered;
use super::error::RepositoryError;
use super::page::{Page, PageRequest};
use crate::admin_api_key::{AdminApiKey, AdminApiKeyId};
use crate::api_key::KeyDigest;
use crate::event::{Actor, Origin};
use crate::organization::OrganizationId;
use crate::time::Timestamp;

/// An admin key with its creator and its last use. The event log does not record uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAdminApiKey {
    /// The key.
    pub key: AdminApiKey,
    /// The actor who created the key.
    pub creator: Actor,
    /// The last recorded use.
    pub last_used_at: Option<Timestamp>,
}

/// The repository of an organization's admin API keys. It stores the digest of a secret, never the
/// secret.
#[async_trait]
pub trait AdminApiKeyRepository: Send + Sync {
    /// Inserts a key. `AlreadyExists` if any organization has, or had, an admin key with this id, or
    /// any key with this secret.
    async fn insert(&self, key: AdminApiKey, digest: KeyDigest, origin: Origin)
    -> Administered<()>;

    /// A page of the keys, in the order of their creation. Expired keys are included, and revoked
    /// ones are not. The cursor is an id.
    async fn list(
        &self,
        organization_id: &OrganizationId,
        page: PageRequest,
    ) -> Result<Page<ListedAdminApiKey, String>, RepositoryError>;

    /// The key with this id, unless it is revoked.
    async fn find(
        &self,
        organization_id: &OrganizationId,
        id: &AdminApiKeyId,
    ) -> Result<Option<ListedAdminApiKey>, RepositoryError>;

    /// Revokes the key, and returns it once no node accepts it. The keys that it created stay valid.
    async fn revoke(
        &self,
        organization_id: &OrganizationId,
        id: &AdminApiKeyId,
        origin: Origin,
    ) -> Administered<AdminApiKey>;
}
