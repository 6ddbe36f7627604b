//! The repository of API keys.

use async_trait::async_trait;

use super::administration::Administered;
use super::error::RepositoryError;
use super::page::{Page, PageRequest};
use crate::api_key::{ApiKey, ApiKeyId, KeyDigest, ListedApiKey};
use crate::event::Origin;
use crate::organization::OrganizationId;
use crate::permission::Scopes;
use crate::project::ProjectId;
use crate::service_account::ServiceAccount;
use crate::time::Timestamp;

/// A key of a project, with the service account that owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedApiKey {
    /// The key.
    pub listed: ListedApiKey,
    /// The account; `None` for a key that a program before 0.2 made.
    pub account: Option<ServiceAccount>,
}

/// What to change of a key. The outer `None` keeps a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApiKeyUpdate {
    /// The scopes.
    pub scopes: Option<Option<Scopes>>,
    /// The expiry.
    pub expires_at: Option<Timestamp>,
}

/// The repository of API keys. It stores the digest of a secret, never the secret.
#[async_trait]
pub trait ApiKeyRepository: Send + Sync {
    /// Inserts a key. `AlreadyExists` if any organization has, or had, a key with this id, or a key
    /// with this secret, also a revoked one. `NotFound` if the organization has no such project or
    /// service account.
    async fn insert(&self, key: ApiKey, digest: KeyDigest, origin: Origin) -> Administered<()>;

    /// Whether any key exists, valid or not. This reads at most one row.
    async fn is_any(&self) -> Result<bool, RepositoryError>;

    /// All keys, or the keys of one organization, ordered by creation and then by id. Revoked and
    /// expired keys are included, and keys of deleted organizations are not.
    async fn list(
        &self,
        organization_id: Option<&OrganizationId>,
    ) -> Result<Vec<ListedApiKey>, RepositoryError>;

    /// The key with this id, also a revoked or expired one, unless its organization is deleted.
    async fn find(&self, id: &ApiKeyId) -> Result<Option<ListedApiKey>, RepositoryError>;

    /// A page of the keys of a project, in the order of their creation. Expired keys are included,
    /// and revoked ones are not. The cursor is an id. `None` if there is no such project.
    async fn list_of_project(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        page: PageRequest,
    ) -> Result<Option<Page<OwnedApiKey, String>>, RepositoryError>;

    /// The key of a project with this id, unless it is revoked.
    async fn find_in_project(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ApiKeyId,
    ) -> Result<Option<OwnedApiKey>, RepositoryError>;

    /// Changes a key of a project, and returns it once all nodes enforce the change.
    async fn update_in_project(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ApiKeyId,
        update: ApiKeyUpdate,
        origin: Origin,
    ) -> Administered<OwnedApiKey>;

    /// Revokes a key of a project, and returns it once no node accepts it.
    async fn revoke_in_project(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Administered<ApiKey>;

    /// Revokes the key at the origin's time. Returns the revoked key once no node accepts it. A
    /// second revocation keeps the first time and logs nothing. `None` if there is no such key.
    async fn revoke(
        &self,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Result<Option<ApiKey>, RepositoryError>;
}
