//! The state of the fake database.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use models_core::{
    CatalogState, Epoch, Leases, Level, LogEntry, NodeRow, Position, Renewal, RepositoryError,
    Revision,
};

use crate::lease::Lease;

/// A node's row.
pub(crate) struct Row {
    pub(crate) epoch: String,
    pub(crate) applied: i64,
    pub(crate) renewal: i64,
    pub(crate) lease: Duration,
}

/// A fault of the fake database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// The database was replaced.
    Replaced,
    /// The nodes' rows are not in their place.
    RegistryMoved,
    /// The event log cannot be read.
    Log,
    /// The nodes' rows cannot be read.
    Rows,
    /// Renewals fail.
    Renewals,
}

/// The state of the fake database. A test may change it at any time.
pub(crate) struct State {
    pub(crate) log: Vec<LogEntry>,
    /// The newest revision, if it is not the revision of the last event.
    pub(crate) newest: Option<i64>,
    pub(crate) level: i64,
    pub(crate) leases: Leases,
    pub(crate) rows: BTreeMap<String, Row>,
    /// The epoch of the server that takes reads.
    pub(crate) read_epoch: &'static str,
    /// The epoch of the server that takes renewals.
    pub(crate) registry_epoch: &'static str,
    pub(super) faults: HashSet<Fault>,
    /// The most events that a read of the log returns, whatever its limit.
    pub(crate) most_rows: u32,
    /// The duration of a read of the log.
    pub(crate) reads_take: Duration,
    /// The duration of a read of the nodes' rows.
    pub(crate) rows_take: Duration,
    /// The time for which the follower rests after a hint.
    pub(crate) rest: Option<Duration>,
    /// The duration of a renewal, on the manual clock.
    pub(crate) renewals_take: Duration,
    pub(crate) time_since_read: Duration,
    /// The previous leases that were stored.
    pub(crate) settled: Vec<Duration>,
    pub(crate) journal: Vec<String>,
    /// The node's lease. The journal notes a registration that the node does while it holds this lease.
    pub(crate) lease: Option<Arc<Lease>>,
}

impl State {
    pub(super) fn check(&self, fault: Fault) -> Result<(), RepositoryError> {
        if self.faults.contains(&fault) {
            return Err(RepositoryError::Unavailable("a fault".into()));
        }
        Ok(())
    }

    pub(super) fn newest(&self) -> Revision {
        let last = self.log.last().map_or(Revision(0), LogEntry::revision);
        self.newest.map_or(last, Revision)
    }

    pub(super) fn catalog(&self, epoch: &str) -> Result<CatalogState, RepositoryError> {
        let level = Level(self.level);
        if level > Level::SUPPORTED {
            return Err(RepositoryError::Outdated {
                needed: level,
                supported: Level::SUPPORTED,
                version: "9.8.7".to_owned(),
            });
        }
        Ok(CatalogState {
            position: Position {
                epoch: Epoch(epoch.to_owned()),
                revision: self.newest(),
            },
            level,
            leases: Some(self.leases),
        })
    }

    pub(super) fn note(&mut self, what: impl Into<String>) {
        self.journal.push(what.into());
    }

    /// Writes a renewal; false if the row is gone.
    pub(super) fn write(&mut self, renewal: Renewal<'_>) -> bool {
        let Some(row) = self.rows.get_mut(renewal.id) else {
            return false;
        };
        if let Some(Position { epoch, revision }) = renewal.applied {
            (row.epoch, row.applied) = (epoch.0.clone(), revision.0);
        }
        (row.renewal, row.lease) = (renewal.number, renewal.lease);
        true
    }

    pub(super) fn list(&self) -> Result<Vec<NodeRow>, RepositoryError> {
        self.check(Fault::Rows)?;
        let rows = self.rows.iter().map(|(id, row)| NodeRow {
            id: id.clone(),
            renewal: row.renewal,
            lease: row.lease,
            applied: Position {
                epoch: Epoch(row.epoch.clone()),
                revision: Revision(row.applied),
            },
        });
        Ok(rows.collect())
    }
}
