//! The table of API keys. It holds digests, never secrets.

mod changes;
mod credentials;
mod row;

use async_trait::async_trait;
use models_core::{
    Administered, ApiKey, ApiKeyId, ApiKeyRepository, ApiKeyUpdate, Credential, KeyDigest,
    ListedApiKey, OrganizationId, Origin, OwnedApiKey, Page, PageRequest, ProjectId,
    RepositoryError, Snapshot, Timestamp,
};

pub(crate) use self::changes::{check_digest, insert_api_key, revoke, set_roles};
pub(crate) use self::credentials::{CredentialRow, key_access};
pub(crate) use self::row::{ApiKeyRow, api_key_columns, api_keys};

use self::row::{FIND_OF_PROJECT, LIST_OF_PROJECT, OwnedApiKeyRow, first};
use crate::catalog::administration::{begin, end};
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

const LIST: &str = select_api_keys!("ORDER BY k.created_at, k.id");
const LIST_OF_ORGANIZATION: &str =
    select_api_keys!("WHERE k.organization_id = $1 ORDER BY k.created_at, k.id");
const IS_ANY: &str = "SELECT created_at FROM api_keys LIMIT 1";
const RECORD_USE: &str = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 \
    AND (last_used_at IS NULL OR last_used_at < $2)";

#[async_trait]
impl<DB: Backend> ApiKeyRepository for SqlStore<DB> {
    async fn insert(&self, key: ApiKey, digest: KeyDigest, origin: Origin) -> Administered<()> {
        let store = self.clone();
        self.run(async move {
            let mut mutation = match begin(&store, &key.organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if let Some(refusal) = changes::refuse(&mut mutation, &key).await? {
                return end(mutation, Err(refusal)).await;
            }
            insert_api_key(&mut mutation, key, digest).await?;
            end(mutation, Ok(())).await
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
        let (store, organization_id) = (self.clone(), organization_id.clone());
        let (project_id, id) = (project_id.clone(), id.clone());
        self.run(async move {
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let updated =
                changes::update(&mut mutation, &organization_id, &project_id, &id, update).await?;
            end(mutation, updated).await
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
        let (store, organization_id) = (self.clone(), organization_id.clone());
        let (project_id, id) = (project_id.clone(), id.clone());
        self.run(async move {
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let owned =
                changes::find_of_project(&mut mutation, &organization_id, &project_id, &id).await?;
            let revoked = match owned {
                Ok(owned) => {
                    let revoked = revoke(&mut mutation, &id).await?;
                    Ok(revoked.unwrap_or(owned.listed.key))
                }
                Err(refusal) => Err(refusal),
            };
            end(mutation, revoked).await
        })
        .await
    }

    async fn record_uses(&self, uses: Vec<(ApiKeyId, Timestamp)>) -> Result<(), RepositoryError> {
        self.record_last_uses(RECORD_USE, uses).await
    }

    async fn find_by_digest(
        &self,
        digest: &KeyDigest,
    ) -> Result<Snapshot<Option<Credential>>, RepositoryError> {
        credentials::find(self, digest).await
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
            if mutation.revision() == mutation.begun_at() {
                let begun_at = mutation.begun_at();
                mutation.repeat(begun_at).await?;
            } else {
                mutation.commit().await?;
            }
            Ok(key)
        })
        .await
    }
}
