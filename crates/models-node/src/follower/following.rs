//! A node that follows the event log, for those who serve from its memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use models_core::{Level, RepositoryError, Revision};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use super::catch_ups::CatchUps;
use crate::lease::clock::{BootTime, Clock};
use crate::lease::{HeldLease, Lease, Released};

/// A node that follows the event log until it leaves.
#[derive(Clone)]
pub struct Following {
    lease: Arc<Lease>,
    catch_ups: Arc<CatchUps>,
    leaving: watch::Sender<bool>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Following {
    pub(super) fn new(
        lease: Arc<Lease>,
        catch_ups: Arc<CatchUps>,
        leaving: watch::Sender<bool>,
        task: Option<JoinHandle<()>>,
    ) -> Self {
        Self {
            lease,
            catch_ups,
            leaving,
            task: Arc::new(Mutex::new(task)),
        }
    }

    /// A node whose lease belongs to a test: nothing follows a log, and only the test extends the lease.
    #[must_use]
    pub fn without_a_log(lease: Arc<Lease>) -> Self {
        let catch_ups = Arc::new(CatchUps::new());
        Self::new(lease, catch_ups, watch::Sender::new(false), None)
    }

    /// The clock that the lease is counted on.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.lease.clock
    }

    /// Acquires the lease, if it runs at this time. `now` is a reading of [`Following::clock`] from before
    /// this call and after the request was received.
    #[must_use]
    pub fn hold_at(&self, now: BootTime) -> Option<HeldLease> {
        self.lease.hold_at(now)
    }

    /// Acquires the lease, if it runs now.
    #[must_use]
    pub fn hold(&self) -> Option<HeldLease> {
        self.hold_at(self.clock().now())
    }

    /// Lets something be sent that was read from memory under this lease. `None` once it has ended, also
    /// if the node has renewed its lease since.
    #[must_use]
    pub fn release<T>(&self, held: HeldLease, value: T) -> Option<Released<T>> {
        self.lease.release(held, value)
    }

    /// For how much longer the lease runs, if nothing renews it.
    #[must_use]
    pub fn lease_remaining(&self) -> Duration {
        self.lease.until().since(self.clock().now())
    }

    /// The newest revision that memory has applied.
    #[must_use]
    pub fn applied(&self) -> Revision {
        Revision(self.lease.applied.load(Ordering::Acquire))
    }

    /// How many revisions the node has seen that memory has not applied yet.
    #[must_use]
    pub fn lag(&self) -> i64 {
        let seen = self.lease.seen.load(Ordering::Acquire);
        (seen - self.applied().0).max(0)
    }

    /// How long ago the database last responded.
    #[must_use]
    pub fn silence(&self) -> Duration {
        let heard = self.lease.heard.load(Ordering::Acquire);
        let now = self.clock().now();
        now.since(BootTime::from_nanoseconds(heard))
    }

    /// The catalog's level, if it is above the one that this program supports. The node then serves nothing
    /// any more.
    #[must_use]
    pub fn needed_level(&self) -> Option<Level> {
        let level = self.lease.needed_level.load(Ordering::Acquire);
        (level > 0).then_some(Level(level))
    }

    /// Waits until memory has applied everything that had been committed when this was called. `Unavailable` if
    /// that takes longer than 5 s.
    pub async fn catch_up(&self) -> Result<(), RepositoryError> {
        self.catch_ups.wait().await
    }

    /// Ends the lease at once, and removes the node's row, so that no barrier waits for it.
    pub async fn leave(&self) {
        self.lease.end();
        self.leaving.send_replace(true);
        let mut task = self.task.lock().await;
        if let Some(task) = task.take() {
            // A panic in it has been reported where it happened.
            let _ = task.await;
        }
    }
}
