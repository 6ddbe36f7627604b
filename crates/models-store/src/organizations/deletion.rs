//! The deletion of an organization, within an open transaction.
//!
//! The rows of the organization, its projects, accounts and keys stay, because no id, slug or secret
//! is ever used again. No list shows them.

use models_core::{Change, Organization, OrganizationContents, OrganizationId, RepositoryError};

use super::pieces::{Pieces, pieces};
use super::row::{OrganizationRow, organization_columns, select_organizations};
use crate::catalog::{Backend, Mutation};
use crate::database::damaged;

/// Counts the contents of the organization `$1`.
pub(super) const CONTENTS: &str = "SELECT \
    (SELECT COUNT(*) FROM api_keys k WHERE k.organization_id = o.id AND k.revoked_at IS NULL), \
    (SELECT COUNT(*) FROM admin_api_keys k WHERE k.organization_id = o.id AND k.revoked_at IS NULL), \
    (SELECT COUNT(*) FROM projects p WHERE p.organization_id = o.id), \
    (SELECT COUNT(*) FROM service_accounts a WHERE a.organization_id = o.id AND a.deleted_at IS NULL), \
    (SELECT COUNT(*) FROM models m WHERE m.scope = o.id) \
    FROM organizations o WHERE o.id = $1 AND o.deleted_at IS NULL";
const FIND: &str = select_organizations!("WHERE o.id = $1 AND o.deleted_at IS NULL");
/// Writes the marking of the rows of an organization in a table, in a column that is NULL before.
macro_rules! mark {
    ($table:literal, $column:literal) => {
        pieces!(
            $table,
            "organization_id",
            concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $4 WHERE ",
                $column,
                " IS NULL AND"
            )
        )
    };
}

const DELETE_MODELS: Pieces = pieces!("models", "scope", "DELETE FROM models WHERE");
/// These changes mark rows with the time `$4`.
const MARK: [Pieces; 4] = [
    mark!("api_keys", "revoked_at"),
    mark!("admin_api_keys", "revoked_at"),
    mark!("service_accounts", "deleted_at"),
    mark!("projects", "archived_at"),
];
const MARK_ORGANIZATION: &str = "UPDATE organizations SET deleted_at = $2 WHERE id = $1";

/// The keys, the admin keys, the projects, the service accounts and the models.
pub(super) type Counts = (i64, i64, i64, i64, i64);

pub(super) fn contents(rows: &[Counts]) -> Result<Option<OrganizationContents>, RepositoryError> {
    let count = |count: i64| u64::try_from(count).map_err(|error| damaged("organizations", error));
    let Some((api_keys, admin_api_keys, projects, service_accounts, models)) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(OrganizationContents {
        api_keys: count(*api_keys)?,
        admin_api_keys: count(*admin_api_keys)?,
        projects: count(*projects)?,
        service_accounts: count(*service_accounts)?,
        models: count(*models)?,
    }))
}

/// Deletes the organization with its contents. `None` if there is no such organization.
pub(super) async fn delete<DB: Backend>(
    mutation: &mut Mutation<DB>,
    id: &OrganizationId,
) -> Result<Option<OrganizationContents>, RepositoryError> {
    let rows: Vec<OrganizationRow> = mutation.fetch(FIND, vec![id.as_str().into()]).await?;
    let counts: Vec<Counts> = mutation.fetch(CONTENTS, vec![id.as_str().into()]).await?;
    let (Some(row), Some(removed)) = (rows.into_iter().next(), contents(&counts)?) else {
        return Ok(None);
    };
    let organization = Organization::try_from(row)?;
    DELETE_MODELS.execute(mutation, id, &[]).await?;
    let at = i64::from(mutation.origin().at).into();
    for mark in MARK {
        mark.execute(mutation, id, std::slice::from_ref(&at))
            .await?;
    }
    let values = vec![id.as_str().into(), at];
    mutation.execute(MARK_ORGANIZATION, values).await?;
    let deleted = Change::OrganizationDeleted {
        organization,
        removed,
    };
    mutation.record(&deleted).await?;
    Ok(Some(removed))
}
