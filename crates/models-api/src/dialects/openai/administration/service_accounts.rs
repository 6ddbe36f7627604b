//! Service accounts.

use models_core::{
    AccountRole, ApiKey, Entered, Name, Secret, ServiceAccount, ServiceAccountUpdate,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::api_keys::{CreatedApiKeyObject, NewApiKeyObject};
use super::body::{self, Body, FromBody};
use super::list::Identified;
use super::schema;
use crate::dialects::openai::error::ApiError;

/// A service account.
#[derive(Serialize, ToSchema)]
#[schema(as = ServiceAccount)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceAccountObject {
    #[schema(schema_with = schema::service_account)]
    object: &'static str,
    id: String,
    name: String,
    #[schema(schema_with = schema::account_role)]
    role: &'static str,
    #[schema(value_type = i64, minimum = 0)]
    created_at: u32,
}

impl From<&ServiceAccount> for ServiceAccountObject {
    fn from(account: &ServiceAccount) -> Self {
        Self {
            object: "organization.project.service_account",
            id: account.id.to_string(),
            name: account.name.to_string(),
            role: account.role.as_str(),
            created_at: account.created_at.seconds(),
        }
    }
}

impl Identified for ServiceAccountObject {
    fn id(&self) -> &str {
        &self.id
    }
}

/// A created service account, with its first key if it has one.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedServiceAccount)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatedServiceAccountObject {
    #[schema(schema_with = schema::service_account)]
    object: &'static str,
    id: String,
    name: String,
    #[schema(schema_with = schema::account_role)]
    role: &'static str,
    #[schema(value_type = i64, minimum = 0)]
    created_at: u32,
    #[schema(required, inline)]
    api_key: Option<CreatedApiKeyObject>,
}

impl CreatedServiceAccountObject {
    pub(crate) fn new(account: &ServiceAccount, key: Option<&ApiKey>, secret: &Secret) -> Self {
        let ServiceAccountObject {
            object,
            id,
            name,
            role,
            created_at,
        } = ServiceAccountObject::from(account);
        Self {
            object,
            id,
            name,
            role,
            created_at,
            api_key: key.map(|key| CreatedApiKeyObject::new(key, secret.expose())),
        }
    }
}

/// The service account to create.
#[derive(ToSchema)]
#[schema(as = CreateServiceAccount)]
pub(crate) struct NewServiceAccountObject {
    name: String,
    /// Whether to create no key. The account then has the role `none`.
    create_service_account_only: Option<bool>,
    /// The lifetime of the first key. Without it, the key does not expire.
    #[schema(minimum = 1)]
    expires_in_seconds: Option<i64>,
}

impl FromBody for NewServiceAccountObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            name: body.required("name")?,
            create_service_account_only: body.nullable("create_service_account_only")?,
            expires_in_seconds: body.nullable("expires_in_seconds")?,
        })
    }
}

impl NewServiceAccountObject {
    pub(crate) fn name(&self) -> Result<Entered<Name>, ApiError> {
        body::display_name(&self.name)
    }

    /// The first key, if the account gets one.
    pub(crate) fn key(&self) -> Option<NewApiKeyObject> {
        let is_without = self.create_service_account_only.unwrap_or(false);
        (!is_without).then(|| NewApiKeyObject::first(self.expires_in_seconds))
    }

    /// The role. An account without a key can do nothing until an administrator gives it a role.
    pub(crate) fn role(&self) -> AccountRole {
        match self.create_service_account_only {
            Some(true) => AccountRole::None,
            Some(false) | None => AccountRole::Member,
        }
    }
}

/// The change of a service account.
#[derive(ToSchema)]
#[schema(as = UpdateServiceAccount)]
pub(crate) struct ServiceAccountUpdateObject {
    #[schema(nullable = false)]
    name: Option<String>,
    #[schema(schema_with = schema::assignable_role, required = false)]
    role: Option<String>,
}

impl FromBody for ServiceAccountUpdateObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            name: body.optional("name")?,
            role: body.optional("role")?,
        })
    }
}

impl ServiceAccountUpdateObject {
    pub(crate) fn update(&self) -> Result<ServiceAccountUpdate, ApiError> {
        let name = self.name.as_deref().map(body::display_name).transpose()?;
        let role = |text: &str| match text {
            "member" => Ok(AccountRole::Member),
            "owner" => Ok(AccountRole::Owner),
            _ => Err(body::must("role", "must be `owner` or `member`")),
        };
        Ok(ServiceAccountUpdate {
            name: name.map(Entered::into_inner),
            role: self.role.as_deref().map(role).transpose()?,
        })
    }
}
