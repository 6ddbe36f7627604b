//! The actors of entries.

use models_core::{Actor, AuditEntry};
use serde::Serialize;
use utoipa::ToSchema;

use crate::dialects::openai::administration::schema;

/// The actor of a change: a key, or the command line, which is a session of the operating system's user.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ActorObject {
    #[serde(rename = "type")]
    #[schema(schema_with = schema::actor_type)]
    kind: &'static str,
    #[schema(inline, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    api_key: Option<ActorKeyObject>,
    #[schema(inline, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<SessionObject>,
    /// `key:` or `admin_key:` and the key's id, `command_line`, `first_start`, or `unknown` for a kind of actor that only newer
    /// versions know.
    name: String,
}

/// A key that made a change. An admin key has no service account.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActorKeyObject {
    id: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::service_account_type)]
    kind: Option<&'static str>,
    #[schema(inline, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    service_account: Option<ActorAccountObject>,
}

/// The service account that owns the key.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActorAccountObject {
    id: String,
}

/// A change without a key.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SessionObject {
    #[schema(inline, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<SessionUserObject>,
    /// The host on which the command ran.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
}

/// The operating system's user that ran the command.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SessionUserObject {
    id: String,
}

impl From<&AuditEntry> for ActorObject {
    fn from(entry: &AuditEntry) -> Self {
        let name = entry.actor.as_ref();
        let name = name.map_or_else(|| "unknown".to_owned(), Actor::to_string);
        let (kind, api_key, session) = match &entry.actor {
            Some(Actor::ApiKey(id)) => ("api_key", Some(key(id, entry)), None),
            Some(Actor::AdminApiKey(id)) => ("api_key", Some(key(id, entry)), None),
            Some(Actor::CommandLine | Actor::FirstStart) | None => {
                ("session", None, Some(session(entry)))
            }
        };
        Self {
            kind,
            api_key,
            session,
            name,
        }
    }
}

fn key(id: &impl ToString, entry: &AuditEntry) -> ActorKeyObject {
    let account = entry.service_account_id.as_ref();
    ActorKeyObject {
        id: id.to_string(),
        kind: account.map(|_| "service_account"),
        service_account: account.map(|id| ActorAccountObject { id: id.to_string() }),
    }
}

fn session(entry: &AuditEntry) -> SessionObject {
    let user = entry.context.user.clone();
    SessionObject {
        user: user.map(|id| SessionUserObject { id }),
        host: entry.context.host.clone(),
    }
}
