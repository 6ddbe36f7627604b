//! Repositories that reads of models never use.

use async_trait::async_trait;
use models_core::{
    AdminApiKey, AdminApiKeyId, AdminApiKeyRepository, Administered, ApiKey, KeyDigest,
    ListedAdminApiKey, Name, Organization, OrganizationId, OrganizationRepository,
    OrganizationSettings, OrganizationUpdate, Origin, Page, PageRequest, Policy, Project,
    ProjectId, ProjectRepository, RepositoryError, ServiceAccount, ServiceAccountId,
    ServiceAccountRepository, ServiceAccountUpdate, Slug, Timestamp,
};
use std::sync::Arc;

/// A repository that panics at every call.
pub(super) struct Unused;

#[async_trait]
impl OrganizationRepository for Unused {
    async fn insert(&self, _: Organization, _: Origin) -> Result<(), RepositoryError> {
        unreachable!()
    }

    async fn list(&self) -> Result<Vec<Organization>, RepositoryError> {
        unreachable!()
    }

    async fn find_by_slug(&self, _: &Slug) -> Result<Option<Organization>, RepositoryError> {
        unreachable!()
    }

    async fn settings(
        &self,
        _: &OrganizationId,
    ) -> Result<Option<OrganizationSettings>, RepositoryError> {
        unreachable!()
    }

    async fn update(
        &self,
        _: &OrganizationId,
        _: OrganizationUpdate,
        _: Origin,
    ) -> Result<Option<OrganizationSettings>, RepositoryError> {
        unreachable!()
    }
}

#[async_trait]
impl ProjectRepository for Unused {
    async fn insert(&self, _: &OrganizationId, _: Project, _: Origin) -> Administered<()> {
        unreachable!()
    }

    async fn list(
        &self,
        _: &OrganizationId,
        _: PageRequest,
        _: bool,
    ) -> Result<Page<Project, String>, RepositoryError> {
        unreachable!()
    }

    async fn find(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
    ) -> Result<Option<Project>, RepositoryError> {
        unreachable!()
    }

    async fn rename(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: Name,
        _: Origin,
    ) -> Administered<Project> {
        unreachable!()
    }

    async fn archive(&self, _: &OrganizationId, _: &ProjectId, _: Origin) -> Administered<Project> {
        unreachable!()
    }

    async fn policy(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
    ) -> Result<Option<Option<Arc<Policy>>>, RepositoryError> {
        unreachable!()
    }

    async fn set_policy(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: Option<Arc<Policy>>,
        _: Origin,
    ) -> Administered<()> {
        unreachable!()
    }
}

#[async_trait]
impl ServiceAccountRepository for Unused {
    async fn insert(
        &self,
        _: ServiceAccount,
        _: Option<(ApiKey, KeyDigest)>,
        _: Origin,
    ) -> Administered<()> {
        unreachable!()
    }

    async fn list(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: PageRequest,
    ) -> Result<Option<Page<ServiceAccount, String>>, RepositoryError> {
        unreachable!()
    }

    async fn find(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: &ServiceAccountId,
    ) -> Result<Option<ServiceAccount>, RepositoryError> {
        unreachable!()
    }

    async fn update(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: &ServiceAccountId,
        _: ServiceAccountUpdate,
        _: Origin,
    ) -> Administered<ServiceAccount> {
        unreachable!()
    }

    async fn delete(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: &ServiceAccountId,
        _: Origin,
    ) -> Administered<ServiceAccount> {
        unreachable!()
    }
}

#[async_trait]
impl AdminApiKeyRepository for Unused {
    async fn insert(&self, _: AdminApiKey, _: KeyDigest, _: Origin) -> Administered<()> {
        unreachable!()
    }

    async fn list(
        &self,
        _: &OrganizationId,
        _: PageRequest,
    ) -> Result<Page<ListedAdminApiKey, String>, RepositoryError> {
        unreachable!()
    }

    async fn find(
        &self,
        _: &OrganizationId,
        _: &AdminApiKeyId,
    ) -> Result<Option<ListedAdminApiKey>, RepositoryError> {
        unreachable!()
    }

    async fn revoke(
        &self,
        _: &OrganizationId,
        _: &AdminApiKeyId,
        _: Origin,
    ) -> Administered<AdminApiKey> {
        unreachable!()
    }

    async fn record_uses(&self, _: Vec<(AdminApiKeyId, Timestamp)>) -> Result<(), RepositoryError> {
        unreachable!()
    }
}
