//! The keys of both kinds, as requests use them.

use async_trait::async_trait;
use models_core::{
    AccountRole, AdminAccess, AdminApiKey, ApiKey, Credential, CredentialRepository, Invalid,
    KeyAccess, KeyDigest, KeyUses, Policies, RepositoryError, Snapshot, Suspension, Timestamp,
};
use sqlx_macros::FromRow;

use crate::api_keys::read_scopes;
use crate::catalog::{Backend, SqlStore};
use crate::database::damaged;
use crate::policies;

/// The columns and the tables of a statement that returns [`CredentialRow`]s of API keys.
macro_rules! key_access {
    (columns) => {
        "k.id, k.organization_id, o.slug AS organization_slug, k.project_id, k.service_account_id, k.name, k.role, \
        k.scopes, k.redacted_value, k.created_at, k.expires_at, k.revoked_at, a.role AS account_role, \
        (SELECT policy FROM policies WHERE digest = o.policy) AS organization_policy, \
        (SELECT policy FROM policies WHERE digest = p.policy) AS project_policy, p.archived_at, o.disabled_at"
    };
    (tables) => {
        "api_keys k JOIN organizations o ON o.id = k.organization_id JOIN projects p ON p.id = k.project_id \
        LEFT JOIN service_accounts a ON a.id = k.service_account_id"
    };
}
pub(crate) use key_access;

/// Finds the key with a digest in one statement, so that its role, policies and suspension are as of one
/// moment. No digest is in both tables.
const FIND: &str = concat!(
    "SELECT ",
    key_access!(columns),
    " FROM ",
    key_access!(tables),
    " WHERE k.digest = $1 UNION ALL SELECT k.id, k.organization_id, o.slug, NULL, NULL, k.name, NULL, NULL, \
    k.redacted_value, k.created_at, k.expires_at, k.revoked_at, NULL, NULL, NULL, NULL, o.disabled_at \
    FROM admin_api_keys k JOIN organizations o ON o.id = k.organization_id WHERE k.digest = $1"
);

/// A key of either kind. An admin key has neither a project nor a role.
#[derive(FromRow)]
pub(crate) struct CredentialRow {
    id: String,
    organization_id: String,
    organization_slug: String,
    project_id: Option<String>,
    service_account_id: Option<String>,
    name: String,
    role: Option<String>,
    scopes: Option<String>,
    redacted_value: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    account_role: Option<String>,
    organization_policy: Option<String>,
    project_policy: Option<String>,
    archived_at: Option<i64>,
    disabled_at: Option<i64>,
}

impl CredentialRow {
    pub(crate) fn credential(mut self) -> Result<Credential, RepositoryError> {
        let organization = self.disabled_at.map(|_| Suspension::OrganizationDisabled);
        let project = self.archived_at.map(|_| Suspension::ProjectArchived);
        let suspension = organization.or(project);
        let (Some(project_id), Some(role)) = (self.project_id.take(), self.role.take()) else {
            let key = self.admin_api_key();
            let key = key.map_err(|error| damaged("admin_api_keys", error))?;
            return Ok(Credential::AdminApiKey(AdminAccess { key, suspension }));
        };
        let policies = Policies {
            organization: policies::read(self.organization_policy.as_deref())?,
            project: policies::read(self.project_policy.as_deref())?,
        };
        let scopes = read_scopes(self.scopes.as_deref())?;
        let parsed = (|| {
            let account_role = self.account_role.map(|role| role.parse::<AccountRole>());
            let key = ApiKey {
                id: self.id.try_into()?,
                organization_id: self.organization_id.try_into()?,
                organization_slug: self.organization_slug.try_into()?,
                project_id: project_id.try_into()?,
                service_account_id: self.service_account_id.map(TryInto::try_into).transpose()?,
                name: self.name.try_into()?,
                role: role.parse()?,
                scopes,
                redacted_value: self.redacted_value,
                created_at: self.created_at.try_into()?,
                expires_at: self.expires_at.map(Timestamp::try_from).transpose()?,
                revoked_at: self.revoked_at.map(Timestamp::try_from).transpose()?,
            };
            Ok(KeyAccess {
                key,
                account_role: account_role.transpose()?,
                policies,
                suspension,
            })
        })();
        let access = parsed.map_err(|error: Invalid| damaged("api_keys", error))?;
        Ok(Credential::ApiKey(access))
    }

    fn admin_api_key(self) -> Result<AdminApiKey, Invalid> {
        Ok(AdminApiKey {
            id: self.id.try_into()?,
            organization_id: self.organization_id.try_into()?,
            organization_slug: self.organization_slug.try_into()?,
            name: self.name.try_into()?,
            redacted_value: self.redacted_value,
            created_at: self.created_at.try_into()?,
            expires_at: self.expires_at.map(Timestamp::try_from).transpose()?,
            revoked_at: self.revoked_at.map(Timestamp::try_from).transpose()?,
        })
    }
}

const RECORD_USE: &str = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 \
    AND (last_used_at IS NULL OR last_used_at < $2)";
const RECORD_ADMIN_USE: &str = "UPDATE admin_api_keys SET last_used_at = $2 WHERE id = $1 \
    AND (last_used_at IS NULL OR last_used_at < $2)";

#[async_trait]
impl<DB: Backend> CredentialRepository for SqlStore<DB> {
    async fn find_by_digest(
        &self,
        digest: &KeyDigest,
    ) -> Result<Snapshot<Option<Credential>>, RepositoryError> {
        let values = vec![digest.to_hex().as_str().into()];
        let Snapshot { position, value } = self.read_at(FIND, values).await?;
        let rows: Vec<CredentialRow> = value;
        let row = rows.into_iter().next();
        Ok(Snapshot {
            position,
            value: row.map(CredentialRow::credential).transpose()?,
        })
    }

    async fn record_uses(&self, uses: KeyUses) -> Result<(), RepositoryError> {
        self.record_last_uses(RECORD_USE, uses.api_keys).await?;
        self.record_last_uses(RECORD_ADMIN_USE, uses.admin_api_keys)
            .await
    }
}
