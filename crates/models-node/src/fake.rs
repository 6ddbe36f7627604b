//! An event log, a registry of nodes and a memory, for tests. They keep a journal of what is done.

pub(crate) mod keys;
pub(crate) mod models;
mod state;

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use models_core::{
    Actor, CatalogState, Change, Epoch, Event, EventRepository, Follower, Leases, LogEntry, Model,
    NodeRepository, NodeRow, Origin, Page, Position, Renewal, RepositoryError, Revision, Scope,
    Snapshot, Timestamp,
};
use tokio::sync::Notify;

use self::state::State;
pub(crate) use self::state::{Fault, Row};
use crate::lease::Lease;
use crate::lease::clock::ManualClock;

pub(crate) const LEASE: Duration = Duration::from_secs(3);
/// A history, and the one that follows it when a standby has taken over.
pub(crate) const EPOCH: &str = "first";
pub(crate) const OTHER_EPOCH: &str = "second";

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
            rows_take: Duration::ZERO,
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
        let takes = self.state().rows_take;
        tokio::time::sleep(takes).await;
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
