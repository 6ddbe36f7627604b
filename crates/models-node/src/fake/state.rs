//! What the fakes hold, which a test may change.

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

/// What is wrong with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// It was replaced.
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

/// What a test may change at any time.
pub(crate) struct State {
    pub(crate) log: Vec<LogEntry>,
    /// The newest revision, if it is not that of the last row of the log.
    pub(crate) newest: Option<i64>,
    pub(crate) level: i64,
    pub(crate) leases: Leases,
    pub(crate) rows: BTreeMap<String, Row>,
    /// The history of the server that is read.
    pub(crate) read_epoch: &'static str,
    /// The history of the server that takes renewals.
    pub(crate) registry_epoch: &'static str,
    pub(super) faults: HashSet<Fault>,
    /// Reads of the log give no more rows than this, whatever the limit.
    pub(crate) most_rows: u32,
    /// Reads of the log take this long.
    pub(crate) reads_take: Duration,
    /// Reads of the nodes' rows take this long.
    pub(crate) rows_take: Duration,
    /// How long the follower rests after a hint.
    pub(crate) rest: Option<Duration>,
    /// Renewals take this long, by the manual clock.
    pub(crate) renewals_take: Duration,
    pub(crate) time_since_read: Duration,
    /// Previous leases that were stored.
    pub(crate) settled: Vec<Duration>,
    pub(crate) journal: Vec<String>,
    /// The node's lease; the journal notes what is done while it is held.
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

    /// Writes a renewal, if the row is there.
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
