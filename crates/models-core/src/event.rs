//! The log: one row for each change, in the order of their commits.

use serde::{Deserialize, Serialize};

use crate::api_key::{ApiKey, ApiKeyId};
use crate::consistency::Level;
use crate::model::{Model, Scope};
use crate::organization::{Organization, OrganizationId};
use crate::text::Invalid;
use crate::time::Timestamp;

/// How many changes the catalog has seen: it grows by one with each, in the order of their commits.
/// 0 is the empty catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub i64);

impl Revision {
    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

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

/// What changed. The names are OpenAI's where its audit log has one; `model.*` and
/// `organization.created` are ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "details")]
pub enum Change {
    /// An organization came to be, with its default project.
    #[serde(rename = "organization.created")]
    OrganizationCreated(Organization),
    /// A key came to be.
    #[serde(rename = "api_key.created")]
    ApiKeyCreated(ApiKey),
    /// A key was revoked; this is the key afterwards.
    #[serde(rename = "api_key.deleted")]
    ApiKeyDeleted(ApiKey),
    /// A model came to be.
    #[serde(rename = "model.created")]
    ModelCreated(Model),
    /// A model's properties changed.
    #[serde(rename = "model.updated")]
    ModelUpdated {
        /// As it was.
        before: Model,
        /// As it is now, with the same id and scope.
        after: Model,
    },
    /// A model is gone; this is what it was.
    #[serde(rename = "model.deleted")]
    ModelDeleted(Model),
    /// The lease in force was changed.
    #[serde(rename = "lease.updated")]
    LeaseUpdated {
        /// The lease before, in seconds; `None` if no node had ever started.
        before_seconds: Option<u32>,
        /// The lease in force from this change on, in seconds.
        after_seconds: u32,
    },
}

impl Change {
    /// The names of all kinds of change that this version knows.
    pub const KINDS: [&str; 7] = [
        "organization.created",
        "api_key.created",
        "api_key.deleted",
        "model.created",
        "model.updated",
        "model.deleted",
        "lease.updated",
    ];

    /// The name of this kind of change, such as `model.deleted`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::OrganizationCreated(_) => "organization.created",
            Self::ApiKeyCreated(_) => "api_key.created",
            Self::ApiKeyDeleted(_) => "api_key.deleted",
            Self::ModelCreated(_) => "model.created",
            Self::ModelUpdated { .. } => "model.updated",
            Self::ModelDeleted(_) => "model.deleted",
            Self::LeaseUpdated { .. } => "lease.updated",
        }
    }

    /// The scope of the model that it concerns, if it concerns one.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match self {
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyDeleted(_)
            | Self::LeaseUpdated { .. } => None,
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => Some(&model.scope),
        }
    }

    /// The organization that it concerns; `None` where it concerns all, as a change to a public
    /// model does.
    #[must_use]
    pub fn organization_id(&self) -> Option<&OrganizationId> {
        match self {
            Self::OrganizationCreated(organization) => Some(&organization.id),
            Self::ApiKeyCreated(key) | Self::ApiKeyDeleted(key) => Some(&key.organization_id),
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => model.scope.organization_id(),
            Self::LeaseUpdated { .. } => None,
        }
    }

    /// Whether it takes something away from somebody: then it is answered only when no node shows
    /// it any more.
    #[must_use]
    pub const fn takes_away(&self) -> bool {
        match self {
            Self::ApiKeyDeleted(_) | Self::ModelDeleted(_) => true,
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::LeaseUpdated { .. } => false,
        }
    }

    /// The level that a program must support to enforce this change. Recording a change of a higher
    /// level than the catalog's raises the catalog's level.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::OrganizationCreated(_)
            | Self::ApiKeyCreated(_)
            | Self::ApiKeyDeleted(_)
            | Self::ModelCreated(_)
            | Self::ModelUpdated { .. }
            | Self::ModelDeleted(_)
            | Self::LeaseUpdated { .. } => Level::FIRST,
        }
    }

    /// The id of what changed.
    #[must_use]
    pub fn subject_id(&self) -> &str {
        match self {
            Self::OrganizationCreated(organization) => organization.id.as_str(),
            Self::ApiKeyCreated(key) | Self::ApiKeyDeleted(key) => key.id.as_str(),
            Self::ModelCreated(model)
            | Self::ModelUpdated { after: model, .. }
            | Self::ModelDeleted(model) => model.id.as_str(),
            Self::LeaseUpdated { .. } => "catalog",
        }
    }
}

/// A row of the log, as far as this version of the program understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEntry {
    /// An event.
    Event(Event),
    /// A row that a newer version wrote (an unknown kind of change or of actor), or a damaged one.
    /// It may have taken anything away.
    Unknown(Revision),
}

impl LogEntry {
    /// The revision of the row.
    #[must_use]
    pub const fn revision(&self) -> Revision {
        match self {
            Self::Event(event) => event.revision,
            Self::Unknown(revision) => *revision,
        }
    }

    /// The event, if this version understands the row.
    #[must_use]
    pub fn into_event(self) -> Option<Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Unknown(_) => None,
        }
    }
}

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The catalog's revision from this change on.
    pub revision: Revision,
    /// Who made it, and when.
    pub origin: Origin,
    /// What changed.
    pub change: Change,
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

    #[test]
    fn the_kind_is_the_type_that_is_stored() {
        let model = Model {
            id: "a".parse().expect("an id"),
            scope: Scope::Public,
            created: Timestamp::from_seconds(1),
            owned_by: "b".parse().expect("a name"),
            shutdown_date: None,
        };
        for change in [
            Change::ModelCreated(model.clone()),
            Change::ModelUpdated {
                before: model.clone(),
                after: model.clone(),
            },
            Change::ModelDeleted(model),
            Change::LeaseUpdated {
                before_seconds: Some(15),
                after_seconds: 30,
            },
        ] {
            let json = serde_json::to_value(&change).expect("JSON");
            assert_eq!(json["type"], change.kind());
            assert!(Change::KINDS.contains(&change.kind()));
            assert_eq!(serde_json::from_value::<Change>(json).ok(), Some(change));
        }
    }
}
