//! The event log: one row for each change, in commit order.

mod actor;
mod change;
mod context;
mod level;
mod position;

pub use self::actor::{Actor, Origin};
pub use self::change::Change;
pub use self::context::Context;
pub use self::level::Level;
pub use self::position::{Epoch, Position, Revision, Snapshot};

/// A row of the event log, as this version of the program reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEntry {
    /// A row that this version understands.
    Event(Box<Event>),
    /// A row that this version does not understand: a newer version wrote it, or it is damaged. It
    /// may record any change, also one that takes something away.
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
            Self::Event(event) => Some(*event),
            Self::Unknown(_) => None,
        }
    }
}

/// An event: one change of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The catalog's revision after this change.
    pub revision: Revision,
    /// The actor and the time.
    pub origin: Origin,
    /// The change.
    pub change: Change,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn an_unknown_row_has_a_revision_and_no_event() {
        let event = Event {
            revision: Revision(7),
            origin: Origin {
                actor: Actor::CommandLine,
                at: Timestamp::from_seconds(1),
                context: Context::default(),
            },
            change: Change::LeaseUpdated {
                before_seconds: None,
                after_seconds: 15,
            },
        };
        let entry = LogEntry::Event(event.clone().into());
        assert_eq!(entry.revision(), Revision(7));
        assert_eq!(entry.into_event(), Some(event));
        let entry = LogEntry::Unknown(Revision(8));
        assert_eq!(entry.revision(), Revision(8));
        assert_eq!(entry.into_event(), None);
    }
}
