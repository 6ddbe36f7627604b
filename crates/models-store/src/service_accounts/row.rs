//! Rows of service accounts.

use models_core::{
    Administered, AdministrationRefusal, OrganizationId, ProjectId, RepositoryError,
    ServiceAccount, ServiceAccountId,
};
use sqlx_macros::FromRow;

use crate::catalog::{Backend, Mutation};
use crate::database::damaged;
use crate::projects::find_changeable;

/// The columns of the table `service_accounts`: the columns of a row, and those that only some
/// statements use.
macro_rules! service_account_columns {
    ($($form:tt)*) => {
        $crate::database::columns!(
            $($form)* => [id organization_id project_id name role created_at] [ordinal]
        )
    };
}
pub(crate) use service_account_columns;

/// Finds the account `$1` of the project `$2` of the organization `$3`.
pub(super) const FIND: &str = concat!(
    "SELECT ",
    service_account_columns!(first, [", "] [*]),
    " FROM service_accounts WHERE id = $1 AND project_id = $2 AND organization_id = $3 AND deleted_at IS NULL"
);
/// Finds the deleted account `$1` of the project `$2` of the organization `$3`.
pub(super) const FIND_DELETED: &str = concat!(
    "SELECT ",
    service_account_columns!(first, [", "] [*]),
    " FROM service_accounts WHERE id = $1 AND project_id = $2 AND organization_id = $3 AND deleted_at IS NOT NULL"
);

#[derive(FromRow)]
pub(crate) struct ServiceAccountRow {
    id: String,
    organization_id: String,
    project_id: String,
    name: String,
    role: String,
    created_at: i64,
}

impl TryFrom<ServiceAccountRow> for ServiceAccount {
    type Error = RepositoryError;

    fn try_from(row: ServiceAccountRow) -> Result<Self, RepositoryError> {
        let parsed = (|| {
            Ok(Self {
                id: row.id.try_into()?,
                organization_id: row.organization_id.try_into()?,
                project_id: row.project_id.try_into()?,
                name: row.name.try_into()?,
                role: row.role.parse()?,
                created_at: row.created_at.try_into()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("service_accounts", error))
    }
}

/// The account of a key, in a row of the key. A key of version 0.1 may have none.
#[derive(FromRow)]
pub(crate) struct JoinedAccount {
    #[sqlx(rename = "account_id")]
    id: Option<String>,
    #[sqlx(rename = "account_organization_id")]
    organization_id: Option<String>,
    #[sqlx(rename = "account_project_id")]
    project_id: Option<String>,
    #[sqlx(rename = "account_name")]
    name: Option<String>,
    #[sqlx(rename = "account_role")]
    role: Option<String>,
    #[sqlx(rename = "account_created_at")]
    created_at: Option<i64>,
}

impl JoinedAccount {
    pub(crate) fn account(self) -> Result<Option<ServiceAccount>, RepositoryError> {
        let row = (|| {
            Some(ServiceAccountRow {
                id: self.id?,
                organization_id: self.organization_id?,
                project_id: self.project_id?,
                name: self.name?,
                role: self.role?,
                created_at: self.created_at?,
            })
        })();
        row.map(ServiceAccount::try_from).transpose()
    }
}

/// Reads the account of a project that is not archived, within an open transaction.
pub(crate) async fn find_account<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project_id: &ProjectId,
    id: &ServiceAccountId,
) -> Administered<ServiceAccount> {
    if let Err(refusal) = find_changeable(mutation, organization_id, project_id).await? {
        return Ok(Err(refusal));
    }
    let values = vec![
        id.as_str().into(),
        project_id.as_str().into(),
        organization_id.as_str().into(),
    ];
    let account = first(mutation.fetch(FIND, values).await?)?;
    Ok(account.ok_or(AdministrationRefusal::NotFound))
}

pub(super) fn first(
    rows: Vec<ServiceAccountRow>,
) -> Result<Option<ServiceAccount>, RepositoryError> {
    let row = rows.into_iter().next();
    row.map(ServiceAccount::try_from).transpose()
}
