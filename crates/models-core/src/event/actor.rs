//! The actors of changes.

use crate::admin_api_key::AdminApiKeyId;
use crate::api_key::ApiKeyId;
use crate::event::context::Context;
use crate::text::Invalid;
use crate::time::Timestamp;

/// The actor of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A request with this API key.
    ApiKey(ApiKeyId),
    /// A request with this admin API key.
    AdminApiKey(AdminApiKeyId),
    /// An operator on the command line.
    CommandLine,
    /// The service itself, at the first start on an empty database.
    FirstStart,
}

const API_KEY: &str = "key:";
const ADMIN_API_KEY: &str = "admin_key:";
const COMMAND_LINE: &str = "command_line";
const FIRST_START: &str = "first_start";

/// The beginning of the ids that version 0.1 gave to keys. It wrote these ids alone into the log.
const UNTAGGED: &str = "key_";

impl std::fmt::Display for Actor {
    /// Writes the actor's name in the event log: `key:` or `admin_key:` and the id of the key,
    /// `command_line` or `first_start`. The tag keeps an id from passing for another actor.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ApiKey(id) => write!(f, "{API_KEY}{id}"),
            Self::AdminApiKey(id) => write!(f, "{ADMIN_API_KEY}{id}"),
            Self::CommandLine => f.write_str(COMMAND_LINE),
            Self::FirstStart => f.write_str(FIRST_START),
        }
    }
}

impl std::str::FromStr for Actor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if let Some(id) = text.strip_prefix(API_KEY) {
            return id.parse().map(Self::ApiKey);
        }
        if let Some(id) = text.strip_prefix(ADMIN_API_KEY) {
            return id.parse().map(Self::AdminApiKey);
        }
        match text {
            COMMAND_LINE => Ok(Self::CommandLine),
            FIRST_START => Ok(Self::FirstStart),
            id if id.starts_with(UNTAGGED) => id.parse().map(Self::ApiKey),
            _ => Err(Invalid::new("an actor", "must be of a known kind")),
        }
    }
}

/// The actor, the circumstances and the time of a change. Every mutation takes it as an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The actor.
    pub actor: Actor,
    /// The circumstances, for the audit log.
    pub context: Context,
    /// The time, by the clock of the process that makes the change.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_has_one_spelling() {
        let key = Actor::ApiKey(ApiKeyId::from_uuid(uuid::Uuid::max()));
        let named = Actor::ApiKey("command_line".parse().expect("an id"));
        let admin = Actor::AdminApiKey(AdminApiKeyId::from_uuid(uuid::Uuid::max()));
        let actors = [key, named, admin, Actor::CommandLine, Actor::FirstStart];
        for actor in &actors {
            assert_eq!(actor.to_string().parse().as_ref(), Ok(actor));
        }
        for bad in ["somebody", "user:1", "key:", "admin_key:a:b", ""] {
            assert!(bad.parse::<Actor>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_id_alone_is_the_key_of_an_older_version() {
        let id = ApiKeyId::from_uuid(uuid::Uuid::max());
        assert_eq!(id.as_str().parse(), Ok(Actor::ApiKey(id)));
    }
}
