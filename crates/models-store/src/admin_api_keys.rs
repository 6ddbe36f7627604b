//! The table of admin API keys. It holds digests, never secrets.

use async_trait::async_trait;
use models_core::{
    AdminApiKey, AdminApiKeyId, AdminApiKeyRepository, Administered, AdministrationRefusal, Change,
    KeyDigest, ListedAdminApiKey, OrganizationId, Origin, Page, PageRequest, RepositoryError,
    Timestamp,
};
use sqlx_macros::FromRow;

use crate::api_keys::check_digest;
use crate::catalog::paged_list::{PagedList, paged_list};
use crate::catalog::{Backend, Mutation, SqlStore};
use crate::database::damaged;

/// The columns of the table `admin_api_keys`: the columns of a row, and those that only some
/// statements use.
macro_rules! admin_api_key_columns {
    ($($form:tt)*) => {
        $crate::database::columns!(
            $($form)* => [
                id organization_id name redacted_value created_at expires_at revoked_at last_used_at creator
            ] [digest ordinal]
        )
    };
}

macro_rules! admin_api_keys {
    () => {
        concat!(
            admin_api_key_columns!(first, [", "] ["k." *]),
            ", o.slug AS organization_slug"
        )
    };
}

const LIST: PagedList = paged_list!(
    admin_api_keys!(),
    "admin_api_keys k JOIN organizations o ON o.id = k.organization_id",
    "admin_api_keys",
    "k",
    "organization_id",
    "k.revoked_at IS NULL"
);
const FIND: &str = concat!(
    "SELECT ",
    admin_api_keys!(),
    " FROM admin_api_keys k JOIN organizations o ON o.id = k.organization_id \
    WHERE k.id = $1 AND k.organization_id = $2"
);
const INSERT: &str = concat!(
    "INSERT INTO admin_api_keys (",
    admin_api_key_columns!(all, [", "] [*]),
    ") VALUES (",
    admin_api_key_columns!(all, values),
    ")"
);
const REVOKE: &str = "UPDATE admin_api_keys SET revoked_at = $2 WHERE id = $1";

#[derive(FromRow)]
struct AdminApiKeyRow {
    id: String,
    organization_id: String,
    organization_slug: String,
    name: String,
    redacted_value: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
    creator: String,
}

impl TryFrom<AdminApiKeyRow> for ListedAdminApiKey {
    type Error = RepositoryError;

    fn try_from(row: AdminApiKeyRow) -> Result<Self, RepositoryError> {
        let parsed = (|| {
            Ok(Self {
                key: AdminApiKey {
                    id: row.id.try_into()?,
                    organization_id: row.organization_id.try_into()?,
                    organization_slug: row.organization_slug.try_into()?,
                    name: row.name.try_into()?,
                    redacted_value: row.redacted_value,
                    created_at: row.created_at.try_into()?,
                    expires_at: row.expires_at.map(Timestamp::try_from).transpose()?,
                    revoked_at: row.revoked_at.map(Timestamp::try_from).transpose()?,
                },
                creator: row.creator.parse()?,
                last_used_at: row.last_used_at.map(Timestamp::try_from).transpose()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("admin_api_keys", error))
    }
}

#[async_trait]
impl<DB: Backend> AdminApiKeyRepository for SqlStore<DB> {
    async fn insert(
        &self,
        key: AdminApiKey,
        digest: KeyDigest,
        origin: Origin,
    ) -> Administered<()> {
        let organization_id = key.organization_id.clone();
        self.administer(&organization_id, origin, move |mutation, _| {
            Box::pin(async move { insert_admin_key(mutation, key, digest).await.map(Ok) })
        })
        .await
    }

    async fn list(
        &self,
        organization_id: &OrganizationId,
        page: PageRequest,
    ) -> Result<Page<ListedAdminApiKey, String>, RepositoryError> {
        let values = vec![organization_id.as_str().into()];
        let id = |listed: &ListedAdminApiKey| listed.key.id.as_str().to_owned();
        self.read_page::<AdminApiKeyRow, _>(&LIST, page, values, id)
            .await
    }

    async fn find(
        &self,
        organization_id: &OrganizationId,
        id: &AdminApiKeyId,
    ) -> Result<Option<ListedAdminApiKey>, RepositoryError> {
        let values = vec![id.as_str().into(), organization_id.as_str().into()];
        let found = first(self.read(FIND, values).await?)?;
        Ok(found.filter(|found| found.key.revoked_at.is_none()))
    }

    async fn revoke(
        &self,
        organization_id: &OrganizationId,
        id: &AdminApiKeyId,
        origin: Origin,
    ) -> Administered<AdminApiKey> {
        let id = id.clone();
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move { revoke(mutation, organization_id, &id).await })
        })
        .await
    }
}

/// Inserts the key within an open transaction. The actor of the change is the key's creator.
pub(crate) async fn insert_admin_key<DB: Backend>(
    mutation: &mut Mutation<DB>,
    key: AdminApiKey,
    digest: KeyDigest,
) -> Result<(), RepositoryError> {
    check_digest(mutation, digest).await?;
    let last_used_at: Option<i64> = None;
    let creator = mutation.origin().actor.to_string();
    let values = vec![
        key.id.as_str().into(),
        key.organization_id.as_str().into(),
        key.name.as_str().into(),
        key.redacted_value.as_str().into(),
        i64::from(key.created_at).into(),
        key.expires_at.map(i64::from).into(),
        key.revoked_at.map(i64::from).into(),
        last_used_at.into(),
        creator.as_str().into(),
        digest.to_hex().as_str().into(),
        mutation.revision().next().0.into(),
    ];
    mutation.execute(INSERT, values).await?;
    mutation.record(&Change::AdminApiKeyCreated(key)).await
}

async fn revoke<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    id: &AdminApiKeyId,
) -> Administered<AdminApiKey> {
    let values = vec![id.as_str().into(), organization_id.as_str().into()];
    let key = match first(mutation.fetch(FIND, values).await?)? {
        None => return Ok(Err(AdministrationRefusal::NotFound)),
        Some(found) if found.key.revoked_at.is_some() => return Ok(Ok(found.key)),
        Some(found) => found.key,
    };
    let at = mutation.origin().at;
    let values = vec![id.as_str().into(), i64::from(at).into()];
    mutation.execute(REVOKE, values).await?;
    let key = AdminApiKey {
        revoked_at: Some(at),
        ..key
    };
    mutation
        .record(&Change::AdminApiKeyDeleted(key.clone()))
        .await?;
    Ok(Ok(key))
}

fn first(rows: Vec<AdminApiKeyRow>) -> Result<Option<ListedAdminApiKey>, RepositoryError> {
    let row = rows.into_iter().next();
    row.map(ListedAdminApiKey::try_from).transpose()
}
