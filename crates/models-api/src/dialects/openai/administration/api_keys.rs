//! API keys of projects.

use models_core::{ApiKey, ApiKeyUpdate, Entered, Name, OwnedApiKey, Scopes, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{self, Body, FromBody};
use super::list::Identified;
use super::owner::AccountObject;
use super::schema;
use crate::dialects::openai::error::ApiError;

/// The name of a key whose creator gives none, as in OpenAI's API.
const DEFAULT_NAME: &str = "Secret Key";

/// An API key of a project. `owner_project_access` is always `active`: a key has an owner only as long as its service
/// account belongs to the project. A key that a program before 0.2 made has no owner.
#[derive(Serialize, ToSchema)]
#[schema(as = ProjectApiKey)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeyObject {
    #[schema(schema_with = schema::api_key)]
    object: &'static str,
    id: String,
    name: String,
    redacted_value: String,
    #[schema(value_type = i64, minimum = 0)]
    created_at: u32,
    #[schema(required, value_type = Option<i64>)]
    last_used_at: Option<u32>,
    #[schema(required, value_type = Option<i64>)]
    expires_at: Option<u32>,
    #[schema(schema_with = schema::access)]
    owner_project_access: &'static str,
    #[schema(inline)]
    owner: KeyOwnerObject,
}

/// The owner of a key.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyOwnerObject {
    #[schema(schema_with = schema::service_account_type)]
    r#type: &'static str,
    #[schema(inline, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    service_account: Option<AccountObject>,
}

impl From<OwnedApiKey> for ApiKeyObject {
    fn from(owned: OwnedApiKey) -> Self {
        let key = owned.listed.key;
        Self {
            object: "organization.project.api_key",
            id: key.id.to_string(),
            name: key.name.to_string(),
            redacted_value: key.redacted_value,
            created_at: key.created_at.seconds(),
            last_used_at: owned.listed.last_used_at.map(Timestamp::seconds),
            expires_at: key.expires_at.map(Timestamp::seconds),
            owner_project_access: "active",
            owner: KeyOwnerObject {
                r#type: "service_account",
                service_account: owned.account.as_ref().map(AccountObject::from),
            },
        }
    }
}

impl Identified for ApiKeyObject {
    fn id(&self) -> &str {
        &self.id
    }
}

/// A created key of a service account. No other response has `value`, the key itself.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatedApiKeyObject {
    #[schema(schema_with = schema::service_account_key)]
    object: &'static str,
    id: String,
    name: String,
    #[schema(value_type = i64, minimum = 0)]
    created_at: u32,
    #[schema(required, value_type = Option<i64>)]
    expires_at: Option<u32>,
    value: String,
}

impl CreatedApiKeyObject {
    pub(crate) fn new(key: &ApiKey, value: &str) -> Self {
        Self {
            object: "organization.project.service_account.api_key",
            id: key.id.to_string(),
            name: key.name.to_string(),
            created_at: key.created_at.seconds(),
            expires_at: key.expires_at.map(Timestamp::seconds),
            value: value.to_owned(),
        }
    }
}

/// The change of a key: at least one field. `[]` are all scopes. The lifetime begins with the request.
#[derive(ToSchema)]
#[schema(as = UpdateApiKey)]
pub(crate) struct ApiKeyUpdateObject {
    #[schema(nullable = false)]
    scopes: Option<Vec<String>>,
    #[schema(nullable = false, minimum = 1)]
    expires_in_seconds: Option<i64>,
}

impl FromBody for ApiKeyUpdateObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            scopes: body.optional("scopes")?,
            expires_in_seconds: body.optional("expires_in_seconds")?,
        })
    }
}

impl ApiKeyUpdateObject {
    pub(crate) fn update(self, now: Timestamp) -> Result<ApiKeyUpdate, ApiError> {
        if self.scopes.is_none() && self.expires_in_seconds.is_none() {
            return Err(ApiError::BadRequest(
                "The body must have 'scopes', 'expires_in_seconds' or both.",
            ));
        }
        let expires_at = |seconds| body::expires_at(now, seconds);
        Ok(ApiKeyUpdate {
            scopes: self.scopes.map(body::scopes).transpose()?,
            expires_at: self.expires_in_seconds.map(expires_at).transpose()?,
        })
    }
}

/// The key to create for a service account.
#[derive(ToSchema)]
#[schema(as = CreateApiKey)]
pub(crate) struct NewApiKeyObject {
    #[schema(nullable = false)]
    name: Option<String>,
    /// The scopes of the key. `[]` are all scopes.
    #[schema(nullable = false)]
    scopes: Option<Vec<String>>,
    /// The lifetime of the key. Without it, the key does not expire.
    #[schema(minimum = 1)]
    expires_in_seconds: Option<i64>,
}

impl FromBody for NewApiKeyObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            name: body.optional("name")?,
            scopes: body.optional("scopes")?,
            expires_in_seconds: body.nullable("expires_in_seconds")?,
        })
    }
}

impl NewApiKeyObject {
    /// The first key of a new service account.
    pub(crate) fn first(expires_in_seconds: Option<i64>) -> Self {
        Self {
            name: None,
            scopes: None,
            expires_in_seconds,
        }
    }

    pub(crate) fn name(&self) -> Result<Entered<Name>, ApiError> {
        body::display_name(self.name.as_deref().unwrap_or(DEFAULT_NAME))
    }

    pub(crate) fn scopes(&self) -> Result<Option<Scopes>, ApiError> {
        body::scopes(self.scopes.clone().unwrap_or_default())
    }

    pub(crate) fn expires_at(&self, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
        let expires_at = |seconds| body::expires_at(now, seconds);
        self.expires_in_seconds.map(expires_at).transpose()
    }
}
