//! The table of service accounts.

mod changes;
pub(crate) mod row;

use async_trait::async_trait;
use models_core::{
    Administered, ApiKey, KeyDigest, OrganizationId, Origin, Page, PageRequest, ProjectId,
    RepositoryError, ServiceAccount, ServiceAccountId, ServiceAccountRepository,
    ServiceAccountUpdate,
};

pub(crate) use self::changes::insert;

use self::row::{FIND, ServiceAccountRow, find_account, first, service_account_columns};
use crate::api_keys::insert_api_key;
use crate::catalog::administration::{begin, end};
use crate::catalog::paged_list::{PagedList, paged_list};
use crate::catalog::{Backend, SqlStore};
use crate::projects::{find_changeable, has_project};

const LIST: PagedList = paged_list!(
    service_account_columns!(first, [", "] ["a." *]),
    "service_accounts a",
    "service_accounts",
    "a",
    "project_id",
    "a.deleted_at IS NULL"
);

#[async_trait]
impl<DB: Backend> ServiceAccountRepository for SqlStore<DB> {
    async fn insert(
        &self,
        account: ServiceAccount,
        key: Option<(ApiKey, KeyDigest)>,
        origin: Origin,
    ) -> Administered<()> {
        let store = self.clone();
        self.run(async move {
            let organization_id = account.organization_id.clone();
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let project = find_changeable(&mut mutation, &organization_id, &account.project_id);
            if let Err(refusal) = project.await? {
                return end(mutation, Err(refusal)).await;
            }
            insert(&mut mutation, account).await?;
            if let Some((key, digest)) = key {
                insert_api_key(&mut mutation, key, digest).await?;
            }
            end(mutation, Ok(())).await
        })
        .await
    }

    async fn list(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        page: PageRequest,
    ) -> Result<Option<Page<ServiceAccount, String>>, RepositoryError> {
        if !has_project(self, organization_id, project_id).await? {
            return Ok(None);
        }
        let values = vec![project_id.as_str().into()];
        let id = |account: &ServiceAccount| account.id.as_str().to_owned();
        let page = self.read_page::<ServiceAccountRow, _>(&LIST, page, values, id);
        page.await.map(Some)
    }

    async fn find(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ServiceAccountId,
    ) -> Result<Option<ServiceAccount>, RepositoryError> {
        let values = vec![
            id.as_str().into(),
            project_id.as_str().into(),
            organization_id.as_str().into(),
        ];
        first(self.read(FIND, values).await?)
    }

    async fn update(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ServiceAccountId,
        update: ServiceAccountUpdate,
        origin: Origin,
    ) -> Administered<ServiceAccount> {
        let (store, organization_id) = (self.clone(), organization_id.clone());
        let (project_id, id) = (project_id.clone(), id.clone());
        self.run(async move {
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let account = find_account(&mut mutation, &organization_id, &project_id, &id).await?;
            let updated = match account {
                Ok(account) => Ok(changes::update(&mut mutation, account, update).await?),
                Err(refusal) => Err(refusal),
            };
            end(mutation, updated).await
        })
        .await
    }

    async fn delete(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ServiceAccountId,
        origin: Origin,
    ) -> Administered<ServiceAccount> {
        let (store, organization_id) = (self.clone(), organization_id.clone());
        let (project_id, id) = (project_id.clone(), id.clone());
        self.run(async move {
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let account = find_account(&mut mutation, &organization_id, &project_id, &id).await?;
            let deleted = match account {
                Ok(account) => Ok(changes::delete(&mut mutation, account).await?),
                Err(refusal) => Err(refusal),
            };
            end(mutation, deleted).await
        })
        .await
    }
}
