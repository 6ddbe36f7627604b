//! Who makes changes.

use crate::api_key::ApiKeyId;
use crate::text::Invalid;
use crate::time::Timestamp;

/// Who made a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A request with this key.
    ApiKey(ApiKeyId),
    /// An operator, on the command line.
    CommandLine,
    /// The service itself, when it found an empty database.
    FirstStart,
}

const COMMAND_LINE: &str = "command_line";
const FIRST_START: &str = "first_start";

impl Actor {
    /// The actor's name in the log: the key's id, `command_line` or `first_start`.
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

/// Who makes a change, and when: what every mutation is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub actor: Actor,
    /// When, by the clock of whoever asks.
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
