//! Admin API keys.

use models_core::{Actor, Entered, ListedAdminApiKey, Name, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{self, Body, FromBody};
use super::list::Identified;
use super::schema;
use crate::dialects::openai::error::ApiError;

/// The longest lifetime of an admin key, in seconds.
const LONGEST_LIFETIME: i64 = 31_536_000;

/// An admin API key. Only the response to its creation has `value`, the key itself.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminApiKey)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdminApiKeyObject {
    #[schema(schema_with = schema::admin_api_key)]
    object: &'static str,
    id: String,
    name: String,
    redacted_value: String,
    #[schema(value_type = i64, minimum = 0)]
    created_at: u32,
    #[schema(required, value_type = Option<i64>)]
    expires_at: Option<u32>,
    #[schema(required, value_type = Option<i64>)]
    last_used_at: Option<u32>,
    #[schema(inline)]
    owner: OwnerObject,
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
}

/// The creator of an admin key in the form of a user. The service has no users: `id` is the creator's name in the event
/// log, which is `command_line`, `first_start`, or `admin_key:` and the id of another admin key.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnerObject {
    #[schema(schema_with = schema::user_type)]
    r#type: &'static str,
    #[schema(schema_with = schema::user)]
    object: &'static str,
    id: String,
    name: String,
    #[schema(schema_with = schema::owner_role)]
    role: &'static str,
}

impl From<&Actor> for OwnerObject {
    fn from(creator: &Actor) -> Self {
        Self {
            r#type: "user",
            object: "organization.user",
            id: creator.to_string(),
            name: match creator {
                Actor::ApiKey(_) => "API key",
                Actor::AdminApiKey(_) => "Admin API key",
                Actor::CommandLine => "Command line",
                Actor::FirstStart => "First start",
            }
            .to_owned(),
            role: "owner",
        }
    }
}

impl From<ListedAdminApiKey> for AdminApiKeyObject {
    fn from(listed: ListedAdminApiKey) -> Self {
        let key = listed.key;
        Self {
            object: "organization.admin_api_key",
            id: key.id.to_string(),
            name: key.name.to_string(),
            redacted_value: key.redacted_value,
            created_at: key.created_at.seconds(),
            expires_at: key.expires_at.map(Timestamp::seconds),
            last_used_at: listed.last_used_at.map(Timestamp::seconds),
            owner: OwnerObject::from(&listed.creator),
            value: None,
        }
    }
}

impl AdminApiKeyObject {
    /// The object in the response to the creation of the key.
    pub(crate) fn with_value(self, value: &str) -> Self {
        Self {
            value: Some(value.to_owned()),
            ..self
        }
    }
}

impl Identified for AdminApiKeyObject {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The admin API key to create.
#[derive(ToSchema)]
#[schema(as = CreateAdminApiKey)]
pub(crate) struct NewAdminApiKeyObject {
    name: String,
    /// The lifetime of the key. Without it, the key does not expire.
    #[schema(nullable = false, minimum = 1, maximum = 31_536_000)]
    expires_in_seconds: Option<i64>,
}

impl FromBody for NewAdminApiKeyObject {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            name: body.required("name")?,
            expires_in_seconds: body.optional("expires_in_seconds")?,
        })
    }
}

impl NewAdminApiKeyObject {
    pub(crate) fn name(&self) -> Result<Entered<Name>, ApiError> {
        body::display_name(&self.name)
    }

    pub(crate) fn expires_at(&self, now: Timestamp) -> Result<Option<Timestamp>, ApiError> {
        let Some(seconds) = self.expires_in_seconds else {
            return Ok(None);
        };
        if seconds > LONGEST_LIFETIME {
            return Err(body::must("expires_in_seconds", "must be at most 31536000"));
        }
        body::expires_at(now, seconds).map(Some)
    }
}
