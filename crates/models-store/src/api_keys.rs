//! The table of API keys. It holds digests, never secrets.

use async_trait::async_trait;
use models_core::{
    ApiKey, ApiKeyId, ApiKeyRepository, Change, KeyDigest, ListedApiKey, OrganizationId, Origin,
    RepositoryError, Snapshot, Timestamp,
};
use sqlx_macros::FromRow;

use crate::catalog::{Backend, Mutation, SqlStore};
use crate::database::{Transaction, damaged};

/// The columns of the table `api_keys`: the columns of a row, and `digest`, which only a look-up
/// uses.
macro_rules! api_key_columns {
    ($($form:tt)*) => {
        $crate::database::columns!(
            $($form)* => [
                id organization_id project_id name role redacted_value created_at expires_at revoked_at last_used_at
            ] [digest]
        )
    };
}
pub(crate) use api_key_columns;

/// The columns and the tables of a statement that returns [`ApiKeyRow`]s.
macro_rules! api_keys {
    (columns) => {
        concat!(
            $crate::api_keys::api_key_columns!(first, [", "] ["k." *]),
            ", o.slug AS organization_slug"
        )
    };
    (tables) => {
        "api_keys k JOIN organizations o ON o.id = k.organization_id"
    };
}
pub(crate) use api_keys;

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
const FIND: &str = select_api_keys!("WHERE k.id = $1");
const FIND_BY_DIGEST: &str = select_api_keys!("WHERE k.digest = $1");
const INSERT: &str = concat!(
    "INSERT INTO api_keys (",
    api_key_columns!(all, [", "] [*]),
    ") VALUES (",
    api_key_columns!(all, values),
    ")"
);
const REVOKE: &str =
    "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING revoked_at";
const RECORD_USE: &str = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 \
    AND (last_used_at IS NULL OR last_used_at < $2)";

/// The uses that one transaction records. Other changes can take the turn between two transactions.
const USES_AT_ONCE: usize = 500;

#[derive(FromRow)]
pub(crate) struct ApiKeyRow {
    id: String,
    organization_id: String,
    organization_slug: String,
    project_id: String,
    name: String,
    role: String,
    redacted_value: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl TryFrom<ApiKeyRow> for ListedApiKey {
    type Error = RepositoryError;

    fn try_from(row: ApiKeyRow) -> Result<Self, RepositoryError> {
        let last_used_at = row.last_used_at.map(Timestamp::try_from).transpose();
        Ok(Self {
            last_used_at: last_used_at.map_err(|error| damaged("api_keys", error))?,
            key: row.try_into()?,
        })
    }
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = RepositoryError;

    fn try_from(row: ApiKeyRow) -> Result<Self, RepositoryError> {
        let parsed = (|| {
            Ok(Self {
                id: row.id.try_into()?,
                organization_id: row.organization_id.try_into()?,
                organization_slug: row.organization_slug.try_into()?,
                project_id: row.project_id.try_into()?,
                name: row.name.try_into()?,
                role: row.role.parse()?,
                redacted_value: row.redacted_value,
                created_at: row.created_at.try_into()?,
                expires_at: row.expires_at.map(Timestamp::try_from).transpose()?,
                revoked_at: row.revoked_at.map(Timestamp::try_from).transpose()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("api_keys", error))
    }
}

#[async_trait]
impl<DB: Backend> ApiKeyRepository for SqlStore<DB> {
    async fn insert(
        &self,
        key: ApiKey,
        digest: KeyDigest,
        origin: Origin,
    ) -> Result<(), RepositoryError> {
        let store = self.clone();
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            insert_api_key(&mut mutation, key, digest).await?;
            mutation.commit().await
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

    async fn record_uses(
        &self,
        mut uses: Vec<(ApiKeyId, Timestamp)>,
    ) -> Result<(), RepositoryError> {
        // All processes lock the rows in this order, so that they cannot deadlock.
        uses.sort();
        let store = self.clone();
        self.run(async move {
            for uses in uses.chunks(USES_AT_ONCE) {
                store.check_database_file()?;
                let mut transaction = Transaction::begin(&store.writer, store.begin).await?;
                for (id, at) in uses {
                    let values = vec![id.as_str().into(), i64::from(*at).into()];
                    transaction.fetch::<(i64,)>(RECORD_USE, values).await?;
                }
                transaction.commit(None).await?;
            }
            Ok(())
        })
        .await
    }

    async fn find_by_digest(
        &self,
        digest: &KeyDigest,
    ) -> Result<Snapshot<Option<ApiKey>>, RepositoryError> {
        let values = vec![digest.to_hex().as_str().into()];
        let Snapshot { position, value } = self.read_at(FIND_BY_DIGEST, values).await?;
        Ok(Snapshot {
            position,
            value: first(value)?,
        })
    }

    async fn revoke(
        &self,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Result<Option<ApiKey>, RepositoryError> {
        let (store, id) = (self.clone(), id.clone());
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            let at = i64::from(mutation.origin().at);
            let revoked: Vec<(i64,)> = mutation
                .fetch(REVOKE, vec![id.as_str().into(), at.into()])
                .await?;
            let key = find_api_key(&mut mutation, &id).await?;
            if let Some(key) = key.as_ref().filter(|_| !revoked.is_empty()) {
                mutation.record(&Change::ApiKeyDeleted(key.clone())).await?;
                mutation.commit().await?;
            } else {
                let begun_at = mutation.begun_at();
                mutation.repeat(begun_at).await?;
            }
            Ok(key)
        })
        .await
    }
}

/// Inserts the key within an open transaction.
pub(crate) async fn insert_api_key<DB: Backend>(
    mutation: &mut Mutation<DB>,
    key: ApiKey,
    digest: KeyDigest,
) -> Result<(), RepositoryError> {
    let last_used_at: Option<i64> = None;
    let values = vec![
        key.id.as_str().into(),
        key.organization_id.as_str().into(),
        key.project_id.as_str().into(),
        key.name.as_str().into(),
        key.role.as_str().into(),
        key.redacted_value.as_str().into(),
        i64::from(key.created_at).into(),
        key.expires_at.map(i64::from).into(),
        key.revoked_at.map(i64::from).into(),
        last_used_at.into(),
        digest.to_hex().as_str().into(),
    ];
    mutation.execute(INSERT, values).await?;
    mutation.record(&Change::ApiKeyCreated(key)).await
}

/// Reads the key within an open transaction.
pub(crate) async fn find_api_key<DB: Backend>(
    mutation: &mut Mutation<DB>,
    id: &ApiKeyId,
) -> Result<Option<ApiKey>, RepositoryError> {
    first(mutation.fetch(FIND, vec![id.as_str().into()]).await?)
}

fn first(rows: Vec<ApiKeyRow>) -> Result<Option<ApiKey>, RepositoryError> {
    rows.into_iter().next().map(ApiKey::try_from).transpose()
}
