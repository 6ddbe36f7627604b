//! The rows that a store keeps of its nodes, and of the catalog itself.

use std::time::Duration;

use super::consistency::Leases;
use crate::event::{Level, Position};

/// What the clocks of two machines may differ by in the course of a lease.
pub const CLOCK_MARGIN: Duration = Duration::from_millis(250);

/// The catalog's own row: where the event log ends, and the rules that hold for all processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogState {
    /// The newest position.
    pub position: Position,
    /// The level that a program must support.
    pub level: Level,
    /// `None` until the first node has started.
    pub leases: Option<Leases>,
}

/// A node's row, as other processes read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// The node.
    pub id: String,
    /// The number of its last renewal.
    pub renewal: i64,
    /// The longest lease that it may hold.
    pub lease: Duration,
    /// The position that its memory has applied. The epoch is empty before it has read the event log.
    pub applied: Position,
}

impl NodeRow {
    /// Whether the node has not applied this position. A node of another history is behind, whatever revision it
    /// names.
    #[must_use]
    pub fn is_behind(&self, position: &Position) -> bool {
        self.applied.epoch != position.epoch || self.applied.revision < position.revision
    }
}

/// What a node writes into its row.
#[derive(Debug, Clone, Copy)]
pub struct Renewal<'a> {
    /// The node.
    pub id: &'a str,
    /// The position that its memory has applied; `None` before it has read the event log.
    pub applied: Option<&'a Position>,
    /// Grows with each renewal.
    pub number: i64,
    /// The longest lease that the node takes until its next renewal.
    pub lease: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Epoch, Revision};

    fn position(epoch: &str, revision: i64) -> Position {
        Position {
            epoch: Epoch(epoch.to_owned()),
            revision: Revision(revision),
        }
    }

    #[test]
    fn a_node_is_behind_until_it_has_applied_the_revision_of_the_same_history() {
        let is_behind = |applied: Position| {
            let row = NodeRow {
                id: "node_a".to_owned(),
                renewal: 1,
                lease: Duration::from_secs(3),
                applied,
            };
            row.is_behind(&position("first", 7))
        };
        assert!(is_behind(position("first", 6)));
        assert!(!is_behind(position("first", 7)));
        assert!(!is_behind(position("first", 8)));
        for revision in [6, 7, 8] {
            assert!(is_behind(position("second", revision)));
        }
        assert!(is_behind(position("", -1)), "it has not read the log");
    }
}
