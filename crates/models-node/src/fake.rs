//! An event log, a registry of nodes and a memory, for tests. They keep a journal of what is done.

pub(crate) mod keys;
pub(crate) mod models;

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use models_core::{
    Actor, CatalogState, Change, Epoch, Event, EventRepository, Follower, Leases, Level, LogEntry,
    Model, NodeRepository, NodeRow, Origin, Page, Position, Renewal, RepositoryError, Revision,
    Scope, Snapshot, Timestamp,
};
use tokio::sync::Notify;

use crate::lease::Lease;
use crate::lease::clock::ManualClock;

pub(crate) const LEASE: Duration = Duration::from_secs(3);
/// A history, and the one that follows it when a standby has taken over.
pub(crate) const EPOCH: &str = "first";
pub(crate) const OTHER_EPOCH: &str = "second";

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
    faults: HashSet<Fault>,
    /// Reads of the log give no more rows than this, whatever the limit.
    pub(crate) most_rows: u32,
    /// Reads of the log take this long.
    pub(crate) reads_take: Duration,
    /// Renewals take this long, by the manual clock.
    pub(crate) renewals_take: Duration,
    pub(crate) time_since_read: Duration,
    /// Previous leases that were stored.
    pub(crate) settled: Vec<Duration>,
    pub(crate) journal: Vec<String>,
    /// The node's lease; the journal notes what is done while it is held.
    pub(crate) lease: Option<Arc<Lease>>,
}

pub(crate) struct Fake {
    state: Mutex<State>,
    committed: Notify,
    pub(crate) clock: ManualClock,
}

impl Fake {
    pub(crate) fn new() -> Arc<Self> {
        let clock = ManualClock::default();
        clock.advance(Duration::from_hours(1));
        let leases = Leases {
            in_force: LEASE,
            previous: LEASE,
            changed_at: Revision(0),
        };
        let state = State {
            log: vec![],
            newest: None,
            level: 1,
            leases,
            rows: BTreeMap::new(),
            read_epoch: EPOCH,
            registry_epoch: EPOCH,
            faults: HashSet::new(),
            most_rows: u32::MAX,
            reads_take: Duration::ZERO,
            renewals_take: Duration::ZERO,
            time_since_read: Duration::ZERO,
            settled: vec![],
            journal: vec![],
            lease: None,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            committed: Notify::new(),
            clock,
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.state().faults.insert(fault);
    }

    pub(crate) fn mend(&self, fault: Fault) {
        self.state().faults.remove(&fault);
    }

    /// Appends a change to the log, without a hint.
    pub(crate) fn append(&self, change: Change) -> Revision {
        let mut state = self.state();
        let revision = Revision(state.newest().0 + 1);
        let origin = Origin {
            actor: Actor::CommandLine,
            at: Timestamp::from_seconds(1),
        };
        state.log.push(LogEntry::Event(Event {
            revision,
            origin,
            change,
        }));
        revision
    }

    pub(crate) fn hint(&self) {
        self.committed.notify_one();
    }

    /// What was done since the last call.
    pub(crate) fn take_journal(&self) -> Vec<String> {
        std::mem::take(&mut self.state().journal)
    }

    pub(crate) fn add_row(&self, id: &str, epoch: &str, applied: i64, lease: Duration) {
        let row = Row {
            epoch: epoch.to_owned(),
            applied,
            renewal: 1,
            lease,
        };
        self.state().rows.insert(id.to_owned(), row);
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.state().rows.keys().cloned().collect()
    }

    /// Moves the manual clock along with tokio's, until the test ends.
    pub(crate) fn tick(&self) {
        const TICK: Duration = Duration::from_millis(10);
        let clock = self.clock.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(TICK).await;
                clock.advance(TICK);
            }
        });
    }

    /// A memory that writes to the same journal.
    pub(crate) fn memory(self: &Arc<Self>) -> Arc<dyn Follower> {
        Arc::new(Memory(self.clone()))
    }
}

impl State {
    fn check(&self, fault: Fault) -> Result<(), RepositoryError> {
        if self.faults.contains(&fault) {
            return Err(RepositoryError::Unavailable("a fault".into()));
        }
        Ok(())
    }

    fn newest(&self) -> Revision {
        let last = self.log.last().map_or(Revision(0), LogEntry::revision);
        self.newest.map_or(last, Revision)
    }

    fn catalog(&self, epoch: &str) -> Result<CatalogState, RepositoryError> {
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

    fn note(&mut self, what: impl Into<String>) {
        self.journal.push(what.into());
    }

    /// Writes a renewal, if the row is there.
    fn write(&mut self, renewal: Renewal<'_>) -> bool {
        let Some(row) = self.rows.get_mut(renewal.id) else {
            return false;
        };
        if let Some(Position { epoch, revision }) = renewal.applied {
            (row.epoch, row.applied) = (epoch.0.clone(), revision.0);
        }
        (row.renewal, row.lease) = (renewal.number, renewal.lease);
        true
    }

    fn list(&self) -> Result<Vec<NodeRow>, RepositoryError> {
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

/// The revision that a renewal says to have applied.
fn applied(renewal: Renewal<'_>) -> String {
    let applied = renewal.applied.map(|position| position.revision.0);
    applied.map_or("nothing".to_owned(), |revision| revision.to_string())
}

#[async_trait]
impl EventRepository for Fake {
    async fn revision(&self) -> Result<Revision, RepositoryError> {
        Ok(self.state().newest())
    }

    async fn token_secret(&self) -> Result<[u8; 16], RepositoryError> {
        Ok([7; 16])
    }

    async fn position(&self) -> Result<Position, RepositoryError> {
        let mut state = self.state();
        state.time_since_read = Duration::ZERO;
        Ok(state.catalog(state.read_epoch)?.position)
    }

    async fn list_after(
        &self,
        revision: Revision,
        limit: NonZeroU32,
    ) -> Result<Snapshot<Page<LogEntry, Revision>>, RepositoryError> {
        let takes = self.state().reads_take;
        tokio::time::sleep(takes).await;
        let mut state = self.state();
        state.check(Fault::Log)?;
        state.note(format!("read after {revision}"));
        let position = state.catalog(state.read_epoch)?.position;
        let last = revision.0 + i64::from(limit.get().min(state.most_rows));
        let within = |entry: &&LogEntry| (revision.0 + 1..=last).contains(&entry.revision().0);
        let items = state.log.iter().filter(within).cloned().collect();
        let next = (last < position.revision.0).then_some(Revision(last));
        let value = Page { items, next };
        Ok(Snapshot { position, value })
    }
}

#[async_trait]
impl NodeRepository for Fake {
    fn configured_lease(&self) -> Duration {
        LEASE
    }

    fn rest(&self) -> Option<Duration> {
        None
    }

    fn time_since_read(&self) -> Duration {
        self.state().time_since_read
    }

    fn check_database(&self) -> Result<(), RepositoryError> {
        self.state().check(Fault::Replaced)
    }

    fn has_registry_in_place(&self) -> bool {
        self.state().check(Fault::RegistryMoved).is_ok()
    }

    async fn listen(&self) -> Result<(), RepositoryError> {
        self.state().note("listen");
        Ok(())
    }

    async fn committed(&self) {
        self.committed.notified().await;
    }

    async fn catalog(&self) -> Result<CatalogState, RepositoryError> {
        let state = self.state();
        state.catalog(state.read_epoch)
    }

    async fn enter_lease(&self) -> Result<Leases, RepositoryError> {
        self.state().note("enter lease");
        Ok(self.state().leases)
    }

    async fn settle_lease(&self, _: Leases, previous: Duration) -> Result<(), RepositoryError> {
        self.state().settled.push(previous);
        Ok(())
    }

    async fn register(&self, id: &str, lease: Duration) -> Result<(), RepositoryError> {
        let mut state = self.state();
        let now = self.clock.now();
        let is_held = |lease: &Arc<Lease>| lease.hold_at(now).is_some();
        let is_serving = state.lease.as_ref().is_some_and(is_held);
        state.note(if is_serving {
            "register while it serves"
        } else {
            "register"
        });
        let row = Row {
            epoch: String::new(),
            applied: -1,
            renewal: 0,
            lease,
        };
        state.rows.insert(id.to_owned(), row);
        Ok(())
    }

    async fn renew(&self, renewal: Renewal<'_>) -> Result<Option<CatalogState>, RepositoryError> {
        let mut state = self.state();
        self.clock.advance(state.renewals_take);
        state.check(Fault::Renewals)?;
        state.note(format!("renew with {}", applied(renewal)));
        if !state.write(renewal) {
            return Ok(None);
        }
        state.catalog(state.registry_epoch).map(Some)
    }

    async fn publish(&self, renewal: Renewal<'_>) -> Result<(), RepositoryError> {
        let mut state = self.state();
        state.note(format!("publish {}", applied(renewal)));
        state.write(renewal);
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), RepositoryError> {
        self.state().rows.remove(id);
        Ok(())
    }

    async fn withdraw(&self, id: &str, renewal: i64) -> Result<(), RepositoryError> {
        let mut state = self.state();
        state.note("withdraw");
        state
            .rows
            .retain(|row_id, row| row_id != id || row.renewal > renewal);
        Ok(())
    }

    async fn remove_expired(&self, id: &str, renewal: i64) -> Result<(), RepositoryError> {
        let mut state = self.state();
        state
            .rows
            .retain(|row_id, row| row_id != id || row.renewal != renewal);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<NodeRow>, RepositoryError> {
        self.state().list()
    }

    async fn list_complete(&self, _: Duration) -> Result<Vec<NodeRow>, RepositoryError> {
        let mut state = self.state();
        state.note("list rows");
        state.list()
    }
}

/// Notes what it is told.
struct Memory(Arc<Fake>);

impl Follower for Memory {
    fn apply(&self, events: &[Event]) {
        for event in events {
            self.0.state().note(format!("apply {}", event.revision));
        }
    }

    fn invalidate(&self) {
        self.0.state().note("invalidate");
    }

    fn forget(&self, epoch: &Epoch) {
        self.0.state().note(format!("forget all but {}", epoch.0));
    }
}

fn model() -> Model {
    Model {
        id: "one".parse().unwrap(),
        scope: Scope::Public,
        created: Timestamp::from_seconds(1),
        owned_by: "system".parse().unwrap(),
        shutdown_date: None,
    }
}

pub(crate) fn creation() -> Change {
    Change::ModelCreated(model())
}

pub(crate) fn deletion() -> Change {
    Change::ModelDeleted(model())
}
