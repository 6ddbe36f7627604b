//! The table of service accounts.

mod changes;
pub(crate) mod row;

use async_trait::async_trait;
use models_core::{
    Administered, ApiKey, InsertionRefusal, KeyDigest, OrganizationId, Origin, Page, PageRequest,
    ProjectId, RepositoryError, ServiceAccount, ServiceAccountId, ServiceAccountRepository,
    ServiceAccountUpdate,
};

pub(crate) use self::changes::insert;

use self::row::{FIND, ServiceAccountRow, find_account, first, service_account_columns};
use crate::catalog::paged_list::{PagedList, paged_list};
use crate::catalog::{Backend, Mutation, SqlStore};
use crate::projects::has_project;

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
        let organization_id = account.organization_id.clone();
        self.administer(&organization_id, origin, move |mutation, _| {
            Box::pin(async move { changes::create(mutation, account, key).await })
        })
        .await
    }

    async fn insert_all(
        &self,
        accounts: Vec<(ServiceAccount, ApiKey, KeyDigest)>,
        origin: Origin,
    ) -> Result<Result<(), (usize, InsertionRefusal)>, RepositoryError> {
        let store = self.clone();
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            let created = changes::create_all(&mut mutation, accounts).await?;
            if created.is_err() {
                mutation.roll_back().await?;
            } else {
                mutation.commit().await?;
            }
            Ok(created)
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
        let (project_id, id) = (project_id.clone(), id.clone());
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move {
                match find_account(mutation, organization_id, &project_id, &id).await? {
                    Ok(account) => Ok(Ok(changes::update(mutation, account, update).await?)),
                    Err(refusal) => Ok(Err(refusal)),
                }
            })
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
        let (project_id, id) = (project_id.clone(), id.clone());
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move {
                changes::delete_of_project(mutation, organization_id, &project_id, &id).await
            })
        })
        .await
    }
}
