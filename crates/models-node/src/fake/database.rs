//! A fake database with an event log and nodes' rows. It keeps a journal of the calls of a node.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use models_core::{Actor, Change, Context, Event, Leases, LogEntry, Origin, Revision, Timestamp};
use tokio::sync::Notify;

use super::state::{Fault, Row, State};
use crate::lease::clock::ManualClock;

pub(crate) const LEASE: Duration = Duration::from_secs(3);
/// An epoch, and the epoch after it, in which a standby has taken over.
pub(crate) const EPOCH: &str = "first";
pub(crate) const OTHER_EPOCH: &str = "second";

pub(crate) struct Fake {
    state: Mutex<State>,
    pub(super) committed: Notify,
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
            rest: None,
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
            context: Context::default(),
        };
        state.log.push(LogEntry::Event(Box::new(Event {
            revision,
            origin,
            change,
        })));
        revision
    }

    pub(crate) fn hint(&self) {
        self.committed.notify_one();
    }

    /// The journal since the last call.
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
}
