//! The table of API keys. It holds digests, never secrets.

mod changes;
mod row;

use async_trait::async_trait;
use models_core::{
    Administered, ApiKey, ApiKeyId, ApiKeyRepository, ApiKeyUpdate, KeyDigest, ListedApiKey,
    OrganizationId, Origin, OwnedApiKey, Page, PageRequest, ProjectId, RepositoryError,
};

pub(crate) use self::changes::{check_digest, insert_api_key, revoke, set_roles};
pub(crate) use self::row::{ApiKeyRow, api_key_columns, api_keys, read_scopes};

use self::row::{FIND_OF_PROJECT, LIST_OF_PROJECT, OwnedApiKeyRow, first};
use crate::catalog::{Backend, Mutation, SqlStore};
use crate::projects::has_project;

macro_rules! select_api_keys {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            api_keys!(columns),
            " FROM ",
            api_keys!(tables),
            " ",
            $rest
        )
    };
}

const LIST: &str = select_api_keys!("WHERE o.deleted_at IS NULL ORDER BY k.created_at, k.id");
const LIST_OF_ORGANIZATION: &str =
    select_api_keys!("WHERE k.organization_id = $1 ORDER BY k.created_at, k.id");
const FIND: &str = select_api_keys!("WHERE k.id = $1 AND o.deleted_at IS NULL");
const IS_ANY: &str = "SELECT created_at FROM api_keys LIMIT 1";

#[async_trait]
impl<DB: Backend> ApiKeyRepository for SqlStore<DB> {
    async fn insert(&self, key: ApiKey, digest: KeyDigest, origin: Origin) -> Administered<()> {
        let organization_id = key.organization_id.clone();
        self.administer(&organization_id, origin, move |mutation, _| {
            Box::pin(async move { changes::create(mutation, key, digest).await })
        })
        .await
    }

    async fn is_any(&self) -> Result<bool, RepositoryError> {
        let rows: Vec<(i64,)> = self.read(IS_ANY, vec![]).await?;
        Ok(!rows.is_empty())
    }

    async fn list(
        &self,
        organization_id: Option<&OrganizationId>,
    ) -> Result<Vec<ListedApiKey>, RepositoryError> {
        let rows: Vec<ApiKeyRow> = match organization_id {
            None => self.read(LIST, vec![]).await?,
            Some(id) => {
                self.read(LIST_OF_ORGANIZATION, vec![id.as_str().into()])
                    .await?
            }
        };
        rows.into_iter().map(ListedApiKey::try_from).collect()
    }

    async fn find(&self, id: &ApiKeyId) -> Result<Option<ListedApiKey>, RepositoryError> {
        let rows: Vec<ApiKeyRow> = self.read(FIND, vec![id.as_str().into()]).await?;
        first(rows)
    }

    async fn list_of_project(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        page: PageRequest,
    ) -> Result<Option<Page<OwnedApiKey, String>>, RepositoryError> {
        if !has_project(self, organization_id, project_id).await? {
            return Ok(None);
        }
        let values = vec![project_id.as_str().into()];
        let id = |owned: &OwnedApiKey| owned.listed.key.id.as_str().to_owned();
        let page = self.read_page::<OwnedApiKeyRow, _>(&LIST_OF_PROJECT, page, values, id);
        page.await.map(Some)
    }

    async fn find_in_project(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ApiKeyId,
    ) -> Result<Option<OwnedApiKey>, RepositoryError> {
        let values = vec![
            id.as_str().into(),
            project_id.as_str().into(),
            organization_id.as_str().into(),
        ];
        let rows: Vec<OwnedApiKeyRow> = self.read(FIND_OF_PROJECT, values).await?;
        let found: Option<OwnedApiKey> = first(rows)?;
        Ok(found.filter(|owned| owned.listed.key.revoked_at.is_none()))
    }

    async fn update_in_project(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ApiKeyId,
        update: ApiKeyUpdate,
        origin: Origin,
    ) -> Administered<OwnedApiKey> {
        let (project_id, id) = (project_id.clone(), id.clone());
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move {
                changes::update(mutation, organization_id, &project_id, &id, update).await
            })
        })
        .await
    }

    async fn revoke_in_project(
        &self,
        organization_id: &OrganizationId,
        project_id: &ProjectId,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Administered<ApiKey> {
        let (project_id, id) = (project_id.clone(), id.clone());
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move {
                changes::revoke_of_project(mutation, organization_id, &project_id, &id).await
            })
        })
        .await
    }

    async fn revoke(
        &self,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Result<Option<ApiKey>, RepositoryError> {
        let (store, id) = (self.clone(), id.clone());
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            let key = revoke(&mut mutation, &id).await?;
            mutation.commit_or_repeat().await?;
            Ok(key)
        })
        .await
    }
}
