//! The rows of the nodes, and the row of the catalog.

use std::time::Duration;

use super::consistency::Leases;
use crate::event::{Level, Position};

/// The largest difference between two machines' clocks over the length of a lease.
pub const CLOCK_MARGIN: Duration = Duration::from_millis(250);

/// The catalog's row: the end of the event log, and the rules for all processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogState {
    /// The newest position.
    pub position: Position,
    /// The level that a program must support to serve the catalog.
    pub level: Level,
    /// `None` until the first node has started.
    pub leases: Option<Leases>,
}

/// A node's row, as other processes read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// The node's id.
    pub id: String,
    /// The number of the last renewal.
    pub renewal: i64,
    /// The longest lease that the node may hold.
    pub lease: Duration,
    /// The position that the node's memory has applied. The epoch is empty until the node has read
    /// the event log.
    pub applied: Position,
}

impl NodeRow {
    /// Whether the node has not applied this position. A node of another epoch is behind at every
    /// revision.
    #[must_use]
    pub fn is_behind(&self, position: &Position) -> bool {
        self.applied.epoch != position.epoch || self.applied.revision < position.revision
    }
}

/// The values that a node writes into its row.
#[derive(Debug, Clone, Copy)]
pub struct Renewal<'a> {
    /// The node's id.
    pub id: &'a str,
    /// The position that the node's memory has applied; `None` until the node has read the event
    /// log.
    pub applied: Option<&'a Position>,
    /// The number of the renewal, which grows with each one.
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
