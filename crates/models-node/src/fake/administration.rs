//! Repositories of administration that note what is inserted.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use models_core::{
    Administered, ApiKey, InsertionRefusal, KeyDigest, Name, Organization, OrganizationContents,
    OrganizationId, OrganizationRepository, OrganizationSettings, OrganizationUpdate, Origin, Page,
    PageRequest, Policy, Project, ProjectId, ProjectRepository, RepositoryError, ServiceAccount,
    ServiceAccountId, ServiceAccountRepository, ServiceAccountUpdate, Slug,
};

/// An account with its first key.
type NewAccount = (ServiceAccount, Option<(ApiKey, KeyDigest)>);

/// Repositories that note what is inserted.
#[derive(Default)]
pub(crate) struct Inserted {
    pub(crate) organizations: Mutex<Vec<Organization>>,
    pub(crate) projects: Mutex<Vec<(OrganizationId, Project)>>,
    pub(crate) accounts: Mutex<Vec<NewAccount>>,
}

#[async_trait]
impl OrganizationRepository for Inserted {
    async fn insert(&self, organization: Organization, _: Origin) -> Result<(), RepositoryError> {
        self.organizations.lock().unwrap().push(organization);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Organization>, RepositoryError> {
        unreachable!()
    }

    async fn find_by_slug(&self, _: &Slug) -> Result<Option<Organization>, RepositoryError> {
        unreachable!()
    }

    async fn find_deleted(&self, _: &Slug) -> Result<Option<OrganizationId>, RepositoryError> {
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

    async fn contents(
        &self,
        _: &OrganizationId,
    ) -> Result<Option<OrganizationContents>, RepositoryError> {
        unreachable!()
    }

    async fn delete(
        &self,
        _: &OrganizationId,
        _: Origin,
    ) -> Result<Option<OrganizationContents>, RepositoryError> {
        unreachable!()
    }
}

#[async_trait]
impl ProjectRepository for Inserted {
    async fn insert(&self, id: &OrganizationId, project: Project, _: Origin) -> Administered<()> {
        self.projects.lock().unwrap().push((id.clone(), project));
        Ok(Ok(()))
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
impl ServiceAccountRepository for Inserted {
    async fn insert(
        &self,
        account: ServiceAccount,
        key: Option<(ApiKey, KeyDigest)>,
        _: Origin,
    ) -> Administered<()> {
        self.accounts.lock().unwrap().push((account, key));
        Ok(Ok(()))
    }

    async fn insert_all(
        &self,
        accounts: Vec<(ServiceAccount, ApiKey, KeyDigest)>,
        _: Origin,
    ) -> Result<Result<(), (usize, InsertionRefusal)>, RepositoryError> {
        let mut inserted = self.accounts.lock().unwrap();
        for (account, key, digest) in accounts {
            inserted.push((account, Some((key, digest))));
        }
        Ok(Ok(()))
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
