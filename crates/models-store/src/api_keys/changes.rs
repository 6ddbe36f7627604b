//! Changes of API keys, within an open transaction.

use models_core::{
    Administered, AdministrationRefusal, ApiKey, ApiKeyId, ApiKeyUpdate, Change, KeyDigest,
    OrganizationId, OwnedApiKey, ProjectId, RepositoryError, Role, ServiceAccountId,
};

use super::row::ApiKeyRow;
use super::row::{FIND_OF_PROJECT, OwnedApiKeyRow, api_key_columns, api_keys, first, write_scopes};
use crate::catalog::{Backend, Mutation};
use crate::projects::find_changeable;
use crate::service_accounts::row::find_account;

const FIND: &str = concat!(
    "SELECT ",
    api_keys!(columns),
    " FROM ",
    api_keys!(tables),
    " WHERE k.id = $1"
);
const INSERT: &str = concat!(
    "INSERT INTO api_keys (",
    api_key_columns!(all, [", "] [*]),
    ") VALUES (",
    api_key_columns!(all, values),
    ")"
);
const FIND_DIGEST: &str = "SELECT created_at FROM api_keys WHERE digest = $1 \
    UNION ALL SELECT created_at FROM admin_api_keys WHERE digest = $1";
const REVOKE: &str =
    "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING revoked_at";
const UPDATE: &str = "UPDATE api_keys SET scopes = $2, expires_at = $3 WHERE id = $1";
const SET_ROLES: &str = "UPDATE api_keys SET role = $2 WHERE service_account_id = $1";

/// Inserts the key.
pub(crate) async fn insert_api_key<DB: Backend>(
    mutation: &mut Mutation<DB>,
    key: ApiKey,
    digest: KeyDigest,
) -> Result<(), RepositoryError> {
    check_digest(mutation, digest).await?;
    let last_used_at: Option<i64> = None;
    let scopes = write_scopes(key.scopes.as_ref())?;
    let values = vec![
        key.id.as_str().into(),
        key.organization_id.as_str().into(),
        key.project_id.as_str().into(),
        key.service_account_id
            .as_ref()
            .map(ServiceAccountId::as_str)
            .into(),
        key.name.as_str().into(),
        key.role.as_str().into(),
        scopes.as_deref().into(),
        key.redacted_value.as_str().into(),
        i64::from(key.created_at).into(),
        key.expires_at.map(i64::from).into(),
        key.revoked_at.map(i64::from).into(),
        last_used_at.into(),
        digest.to_hex().as_str().into(),
        mutation.revision().next().0.into(),
    ];
    mutation.execute(INSERT, values).await?;
    mutation.record(&Change::ApiKeyCreated(key)).await
}

/// `AlreadyExists` if a key of either kind has this digest.
pub(crate) async fn check_digest<DB: Backend>(
    mutation: &mut Mutation<DB>,
    digest: KeyDigest,
) -> Result<(), RepositoryError> {
    let values = vec![digest.to_hex().as_str().into()];
    let rows: Vec<(i64,)> = mutation.fetch(FIND_DIGEST, values).await?;
    if rows.is_empty() {
        Ok(())
    } else {
        Err(RepositoryError::AlreadyExists)
    }
}

/// Creates the key in a project that is not archived. The key's account, if it has one, must be an
/// account of this project.
pub(super) async fn create<DB: Backend>(
    mutation: &mut Mutation<DB>,
    key: ApiKey,
    digest: KeyDigest,
) -> Administered<()> {
    let (organization_id, project_id) = (&key.organization_id, &key.project_id);
    let refusal = match &key.service_account_id {
        None => {
            let project = find_changeable(mutation, organization_id, project_id).await?;
            project.err()
        }
        Some(id) => {
            let account = find_account(mutation, organization_id, project_id, id).await?;
            account.err()
        }
    };
    if let Some(refusal) = refusal {
        return Ok(Err(refusal));
    }
    insert_api_key(mutation, key, digest).await.map(Ok)
}

/// Revokes the key. `None` if there is no such key. A second revocation records nothing.
pub(crate) async fn revoke<DB: Backend>(
    mutation: &mut Mutation<DB>,
    id: &ApiKeyId,
) -> Result<Option<ApiKey>, RepositoryError> {
    let at = i64::from(mutation.origin().at);
    let values = vec![id.as_str().into(), at.into()];
    let revoked: Vec<(i64,)> = mutation.fetch(REVOKE, values).await?;
    let rows: Vec<ApiKeyRow> = mutation.fetch(FIND, vec![id.as_str().into()]).await?;
    let key: Option<ApiKey> = first(rows)?;
    if let Some(key) = key.as_ref().filter(|_| !revoked.is_empty()) {
        mutation.record(&Change::ApiKeyDeleted(key.clone())).await?;
    }
    Ok(key)
}

/// Sets the role of the account's keys.
pub(crate) async fn set_roles<DB: Backend>(
    mutation: &mut Mutation<DB>,
    account: &ServiceAccountId,
    role: Role,
) -> Result<(), RepositoryError> {
    let values = vec![account.as_str().into(), role.as_str().into()];
    mutation.execute(SET_ROLES, values).await
}

/// The key of a project, also a revoked one.
async fn find_of_project<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project_id: &ProjectId,
    id: &ApiKeyId,
) -> Administered<OwnedApiKey> {
    let values = vec![
        id.as_str().into(),
        project_id.as_str().into(),
        organization_id.as_str().into(),
    ];
    let rows: Vec<OwnedApiKeyRow> = mutation.fetch(FIND_OF_PROJECT, values).await?;
    let key: Option<OwnedApiKey> = first(rows)?;
    Ok(key.ok_or(AdministrationRefusal::NotFound))
}

/// Revokes the key of a project. A second revocation records nothing.
pub(super) async fn revoke_of_project<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project_id: &ProjectId,
    id: &ApiKeyId,
) -> Administered<ApiKey> {
    let owned = match find_of_project(mutation, organization_id, project_id, id).await? {
        Ok(owned) => owned,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let revoked = revoke(mutation, id).await?;
    Ok(Ok(revoked.unwrap_or(owned.listed.key)))
}

/// Updates the key of a project that is not archived.
pub(super) async fn update<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project_id: &ProjectId,
    id: &ApiKeyId,
    update: ApiKeyUpdate,
) -> Administered<OwnedApiKey> {
    if let Err(refusal) = find_changeable(mutation, organization_id, project_id).await? {
        return Ok(Err(refusal));
    }
    let mut owned = match find_of_project(mutation, organization_id, project_id, id).await? {
        Ok(owned) if owned.listed.key.revoked_at.is_some() => {
            return Ok(Err(AdministrationRefusal::NotFound));
        }
        Ok(owned) => owned,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let before = owned.listed.key.clone();
    let now = mutation.origin().at;
    if before
        .expires_at
        .is_some_and(|expires_at| expires_at <= now)
    {
        return Ok(Err(AdministrationRefusal::InvalidKey));
    }
    let ApiKeyUpdate { scopes, expires_at } = update;
    let after = ApiKey {
        scopes: scopes.unwrap_or_else(|| before.scopes.clone()),
        expires_at: expires_at.or(before.expires_at),
        ..before.clone()
    };
    if after != before {
        let scopes = write_scopes(after.scopes.as_ref())?;
        let values = vec![
            id.as_str().into(),
            scopes.as_deref().into(),
            after.expires_at.map(i64::from).into(),
        ];
        mutation.execute(UPDATE, values).await?;
        owned.listed.key = after.clone();
        mutation
            .record(&Change::ApiKeyUpdated { before, after })
            .await?;
    }
    Ok(Ok(owned))
}
