//! Rows of API keys.

use models_core::{ApiKey, ListedApiKey, OwnedApiKey, RepositoryError, Scopes, Timestamp};
use sqlx_macros::FromRow;

use crate::catalog::paged_list::{PagedList, paged_list};
use crate::database::damaged;
use crate::service_accounts::row::{JoinedAccount, service_account_columns};

/// The columns of the table `api_keys`: the columns of a row, and those that only some statements
/// use.
macro_rules! api_key_columns {
    ($($form:tt)*) => {
        $crate::database::columns!(
            $($form)* => [
                id organization_id project_id service_account_id name role scopes redacted_value created_at
                expires_at revoked_at last_used_at
            ] [digest ordinal]
        )
    };
}
pub(crate) use api_key_columns;

/// The columns and the tables of a statement that returns [`ApiKeyRow`]s.
macro_rules! api_keys {
    (columns) => {
        concat!(
            api_key_columns!(first, [", "] ["k." *]),
            ", o.slug AS organization_slug"
        )
    };
    (tables) => {
        "api_keys k JOIN organizations o ON o.id = k.organization_id"
    };
}
pub(crate) use api_keys;

macro_rules! owned_columns {
    () => {
        concat!(
            api_keys!(columns),
            ", ",
            service_account_columns!(first, [", "] ["a." * " AS account_" *])
        )
    };
}

pub(super) const LIST_OF_PROJECT: PagedList = paged_list!(
    owned_columns!(),
    "api_keys k JOIN organizations o ON o.id = k.organization_id LEFT JOIN service_accounts a ON a.id = k.service_account_id",
    "api_keys",
    "k",
    "project_id",
    "k.revoked_at IS NULL"
);
/// Finds the key `$1` of the project `$2` of the organization `$3`.
pub(super) const FIND_OF_PROJECT: &str = concat!(
    "SELECT ",
    owned_columns!(),
    " FROM ",
    api_keys!(tables),
    " LEFT JOIN service_accounts a ON a.id = k.service_account_id \
    WHERE k.id = $1 AND k.project_id = $2 AND k.organization_id = $3"
);

#[derive(FromRow)]
pub(crate) struct ApiKeyRow {
    id: String,
    organization_id: String,
    organization_slug: String,
    project_id: String,
    service_account_id: Option<String>,
    name: String,
    role: String,
    scopes: Option<String>,
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
        let scopes = read_scopes(row.scopes.as_deref())?;
        let parsed = (|| {
            Ok(Self {
                id: row.id.try_into()?,
                organization_id: row.organization_id.try_into()?,
                organization_slug: row.organization_slug.try_into()?,
                project_id: row.project_id.try_into()?,
                service_account_id: row.service_account_id.map(TryInto::try_into).transpose()?,
                name: row.name.try_into()?,
                role: row.role.parse()?,
                scopes,
                redacted_value: row.redacted_value,
                created_at: row.created_at.try_into()?,
                expires_at: row.expires_at.map(Timestamp::try_from).transpose()?,
                revoked_at: row.revoked_at.map(Timestamp::try_from).transpose()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("api_keys", error))
    }
}

/// A key with the service account that owns it.
#[derive(FromRow)]
pub(super) struct OwnedApiKeyRow {
    #[sqlx(flatten)]
    key: ApiKeyRow,
    #[sqlx(flatten)]
    account: JoinedAccount,
}

impl TryFrom<OwnedApiKeyRow> for OwnedApiKey {
    type Error = RepositoryError;

    fn try_from(row: OwnedApiKeyRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            listed: row.key.try_into()?,
            account: row.account.account()?,
        })
    }
}

/// The scopes in the form of the column.
pub(super) fn write_scopes(scopes: Option<&Scopes>) -> Result<Option<String>, RepositoryError> {
    let written = scopes.map(serde_json::to_string).transpose();
    written.map_err(|error| RepositoryError::Failed(error.into()))
}

pub(crate) fn read_scopes(column: Option<&str>) -> Result<Option<Scopes>, RepositoryError> {
    let Some(json) = column else {
        return Ok(None);
    };
    let scopes = serde_json::from_str(json).map_err(|error| damaged("api_keys", error))?;
    Scopes::new(scopes).map_err(|error| damaged("api_keys", error))
}

pub(super) fn first<R, T: TryFrom<R, Error = RepositoryError>>(
    rows: Vec<R>,
) -> Result<Option<T>, RepositoryError> {
    rows.into_iter().next().map(T::try_from).transpose()
}
