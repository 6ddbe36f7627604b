//! The repository of service accounts.

use async_trait::async_trait;

use super::administration::{Administered, InsertionRefusal};
use super::error::RepositoryError;
use super::page::{Page, PageRequest};
use crate::api_key::{ApiKey, KeyDigest};
use crate::event::Origin;
use crate::organization::OrganizationId;
use crate::permission::AccountRole;
use crate::project::ProjectId;
use crate::service_account::{ServiceAccount, ServiceAccountId};
use crate::text::Name;

/// What to change of a service account. `None` keeps a value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAccountUpdate {
    /// The display name.
    pub name: Option<Name>,
    /// The role. The account's keys get the role of keys that belongs to it.
    pub role: Option<AccountRole>,
}

/// The repository of the service accounts of a project.
#[async_trait]
pub trait ServiceAccountRepository: Send + Sync {
    /// Inserts an account, with its first key if there is one. The key belongs to the same project.
    /// `AlreadyExists` if any organization has, or had, an account or a key with these ids, or a key
    /// with this secret.
    async fn insert(
        &self,
        account: ServiceAccount,
        key: Option<(ApiKey, KeyDigest)>,
        origin: Origin,
    ) -> Administered<()>;

    /// Inserts accounts of any organizations, each with its first key, or none of them. The refusal
    /// has the position of the account that is refused. Only an operator makes this change.
    async fn insert_all(
        &self,
        accounts: Vec<(ServiceAccount, ApiKey, KeyDigest)>,
        origin: Origin,
    ) -> Result<Result<(), (usize, InsertionRefusal)>, RepositoryError>;

    /// A page of the accounts, in the order of their creation. The cursor is an id. `None` if there
    /// is no such project.
    async fn list(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        page: PageRequest,
    ) -> Result<Option<Page<ServiceAccount, String>>, RepositoryError>;

    /// The account with this id.
    async fn find(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ServiceAccountId,
    ) -> Result<Option<ServiceAccount>, RepositoryError>;

    /// Changes an account, and returns it once all nodes enforce its role.
    async fn update(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ServiceAccountId,
        update: ServiceAccountUpdate,
        origin: Origin,
    ) -> Administered<ServiceAccount>;

    /// Deletes an account and revokes its keys. Returns the account as it was, once no node accepts
    /// any of its keys. A second deletion returns the account again and logs nothing.
    async fn delete(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ServiceAccountId,
        origin: Origin,
    ) -> Administered<ServiceAccount>;
}
