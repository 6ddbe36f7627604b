//! The event log: one row for each change, in the order of their commits.

mod actor;
mod change;
mod level;
mod position;

pub use self::actor::{Actor, Origin};
pub use self::change::Change;
pub use self::level::Level;
pub use self::position::{Epoch, Position, Revision, Snapshot};

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
    use crate::time::Timestamp;

    #[test]
    fn a_row_that_is_not_understood_has_a_revision_and_no_event() {
        let event = Event {
            revision: Revision(7),
            origin: Origin {
                actor: Actor::CommandLine,
                at: Timestamp::from_seconds(1),
            },
            change: Change::LeaseUpdated {
                before_seconds: None,
                after_seconds: 15,
            },
        };
        let entry = LogEntry::Event(event.clone());
        assert_eq!(entry.revision(), Revision(7));
        assert_eq!(entry.into_event(), Some(event));
        let entry = LogEntry::Unknown(Revision(8));
        assert_eq!(entry.revision(), Revision(8));
        assert_eq!(entry.into_event(), None);
    }
}
