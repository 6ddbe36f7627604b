//! Changes of service accounts, within an open transaction.

use models_core::{
    Administered, AdministrationRefusal, ApiKey, ApiKeyId, Change, InsertionRefusal, KeyDigest,
    OrganizationId, ProjectId, RepositoryError, ServiceAccount, ServiceAccountId,
    ServiceAccountUpdate,
};

use super::row::{FIND_DELETED, find_account, first, service_account_columns};
use crate::api_keys::{insert_api_key, revoke, set_roles};
use crate::catalog::{Backend, Mutation};
use crate::database::damaged;
use crate::projects::find_changeable;

const INSERT: &str = concat!(
    "INSERT INTO service_accounts (",
    service_account_columns!(all, [", "] [*]),
    ") VALUES (",
    service_account_columns!(all, values),
    ")"
);
const UPDATE: &str = "UPDATE service_accounts SET name = $2, role = $3 WHERE id = $1";
const DELETE: &str = "UPDATE service_accounts SET deleted_at = $2 WHERE id = $1";
const KEYS: &str = "SELECT id FROM api_keys WHERE service_account_id = $1 AND revoked_at IS NULL \
    ORDER BY ordinal, created_at, id";

/// Creates the account in a project that is not archived, with its first key if there is one.
pub(super) async fn create<DB: Backend>(
    mutation: &mut Mutation<DB>,
    account: ServiceAccount,
    key: Option<(ApiKey, KeyDigest)>,
) -> Administered<()> {
    let (organization_id, project_id) = (&account.organization_id, &account.project_id);
    if let Err(refusal) = find_changeable(mutation, organization_id, project_id).await? {
        return Ok(Err(refusal));
    }
    insert(mutation, account).await?;
    if let Some((key, digest)) = key {
        insert_api_key(mutation, key, digest).await?;
    }
    Ok(Ok(()))
}

/// Creates the accounts with their first keys. After a refusal, the caller rolls back.
pub(super) async fn create_all<DB: Backend>(
    mutation: &mut Mutation<DB>,
    accounts: Vec<(ServiceAccount, ApiKey, KeyDigest)>,
) -> Result<Result<(), (usize, InsertionRefusal)>, RepositoryError> {
    for (position, (account, key, digest)) in accounts.into_iter().enumerate() {
        let refusal = match create(mutation, account, Some((key, digest))).await {
            Ok(Ok(())) => continue,
            Ok(Err(refusal)) => InsertionRefusal::Refused(refusal),
            Err(RepositoryError::AlreadyExists) => InsertionRefusal::AlreadyExists,
            Err(error) => return Err(error),
        };
        return Ok(Err((position, refusal)));
    }
    Ok(Ok(()))
}

/// Inserts the account.
pub(crate) async fn insert<DB: Backend>(
    mutation: &mut Mutation<DB>,
    account: ServiceAccount,
) -> Result<(), RepositoryError> {
    let values = vec![
        account.id.as_str().into(),
        account.organization_id.as_str().into(),
        account.project_id.as_str().into(),
        account.name.as_str().into(),
        account.role.as_str().into(),
        i64::from(account.created_at).into(),
        mutation.revision().next().0.into(),
    ];
    mutation.execute(INSERT, values).await?;
    mutation
        .record(&Change::ServiceAccountCreated(account))
        .await
}

/// Updates the account, and the roles of its keys if its role changes.
pub(super) async fn update<DB: Backend>(
    mutation: &mut Mutation<DB>,
    before: ServiceAccount,
    update: ServiceAccountUpdate,
) -> Result<ServiceAccount, RepositoryError> {
    let after = ServiceAccount {
        name: update.name.unwrap_or_else(|| before.name.clone()),
        role: update.role.unwrap_or(before.role),
        ..before.clone()
    };
    if after == before {
        return Ok(after);
    }
    let values = vec![
        after.id.as_str().into(),
        after.name.as_str().into(),
        after.role.as_str().into(),
    ];
    mutation.execute(UPDATE, values).await?;
    if let Some(role) = after.role.key_role().filter(|_| after.role != before.role) {
        set_roles(mutation, &after.id, role).await?;
    }
    let updated = Change::ServiceAccountUpdated {
        before,
        after: after.clone(),
    };
    mutation.record(&updated).await?;
    Ok(after)
}

/// Deletes the account of a project, and revokes its keys. A second deletion records nothing.
pub(super) async fn delete_of_project<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project_id: &ProjectId,
    id: &ServiceAccountId,
) -> Administered<ServiceAccount> {
    match find_account(mutation, organization_id, project_id, id).await? {
        Ok(account) => delete(mutation, account).await.map(Ok),
        Err(AdministrationRefusal::NotFound) => {
            let values = vec![
                id.as_str().into(),
                project_id.as_str().into(),
                organization_id.as_str().into(),
            ];
            let deleted = first(mutation.fetch(FIND_DELETED, values).await?)?;
            Ok(deleted.ok_or(AdministrationRefusal::NotFound))
        }
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// Deletes the account, and revokes its keys.
async fn delete<DB: Backend>(
    mutation: &mut Mutation<DB>,
    account: ServiceAccount,
) -> Result<ServiceAccount, RepositoryError> {
    let keys: Vec<(String,)> = mutation
        .fetch(KEYS, vec![account.id.as_str().into()])
        .await?;
    for (id,) in keys {
        let id = ApiKeyId::try_from(id).map_err(|error| damaged("api_keys", error))?;
        revoke(mutation, &id).await?;
    }
    let at = i64::from(mutation.origin().at);
    mutation
        .execute(DELETE, vec![account.id.as_str().into(), at.into()])
        .await?;
    mutation
        .record(&Change::ServiceAccountDeleted(account.clone()))
        .await?;
    Ok(account)
}
