//! The actors of changes.

use crate::api_key::ApiKeyId;
use crate::text::Invalid;
use crate::time::Timestamp;

/// The actor of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A request with this API key.
    ApiKey(ApiKeyId),
    /// An operator on the command line.
    CommandLine,
    /// The service itself, at the first start on an empty database.
    FirstStart,
}

const COMMAND_LINE: &str = "command_line";
const FIRST_START: &str = "first_start";

impl Actor {
    /// The actor's name in the event log: the key's id, `command_line` or `first_start`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::ApiKey(id) => id.as_str(),
            Self::CommandLine => COMMAND_LINE,
            Self::FirstStart => FIRST_START,
        }
    }
}

impl std::str::FromStr for Actor {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text {
            COMMAND_LINE => Ok(Self::CommandLine),
            FIRST_START => Ok(Self::FirstStart),
            id => id.parse().map(Self::ApiKey),
        }
    }
}

/// The actor and the time of a change. Every mutation takes it as an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The actor.
    pub actor: Actor,
    /// The time, by the clock of the process that makes the change.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_has_one_spelling() {
        let key = Actor::ApiKey(ApiKeyId::from_uuid(uuid::Uuid::max()));
        for actor in [key, Actor::CommandLine, Actor::FirstStart] {
            assert_eq!(actor.as_str().parse(), Ok(actor.clone()));
        }
        assert!("somebody".parse::<Actor>().is_err());
    }
}
