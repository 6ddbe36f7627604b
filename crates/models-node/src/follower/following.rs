//! A node that follows the event log.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use models_core::{Level, RepositoryError, Revision};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use super::catch_ups::CatchUps;
use crate::lease::clock::{BootTime, Clock};
use crate::lease::{HeldLease, Lease, Released};

/// A node that follows the event log until it leaves. Requests acquire and release its lease here.
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

    /// A node without a follower, for a test: only the test extends the lease.
    #[must_use]
    pub fn without_a_log(lease: Arc<Lease>) -> Self {
        let catch_ups = Arc::new(CatchUps::new());
        Self::new(lease, catch_ups, watch::Sender::new(false), None)
    }

    /// The clock that counts the lease.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.lease.clock
    }

    /// Acquires the lease if it runs at this time. `now` is a reading of [`Following::clock`] from before
    /// this call and after the request was received.
    #[must_use]
    pub fn hold_at(&self, now: BootTime) -> Option<HeldLease> {
        self.lease.hold_at(now)
    }

    /// Acquires the lease if it runs now.
    #[must_use]
    pub fn hold(&self) -> Option<HeldLease> {
        self.hold_at(self.clock().now())
    }

    /// Releases a value that was read from memory under this lease, so that it may be sent. `None` if the held lease has ended,
    /// even if the node has renewed its lease since.
    #[must_use]
    pub fn release<T>(&self, held: HeldLease, value: T) -> Option<Released<T>> {
        self.lease.release(held, value)
    }

    /// The rest of the lease, if no renewal extends it.
    #[must_use]
    pub fn lease_remaining(&self) -> Duration {
        self.lease.until().since(self.clock().now())
    }

    /// The newest revision that memory has applied.
    #[must_use]
    pub fn applied(&self) -> Revision {
        Revision(self.lease.applied.load(Ordering::Acquire))
    }

    /// The number of revisions that the node has seen and memory has not applied yet.
    #[must_use]
    pub fn lag(&self) -> i64 {
        let seen = self.lease.seen.load(Ordering::Acquire);
        (seen - self.applied().0).max(0)
    }

    /// The time since the database last responded.
    #[must_use]
    pub fn silence(&self) -> Duration {
        let heard = self.lease.heard.load(Ordering::Acquire);
        let now = self.clock().now();
        now.since(BootTime::from_nanoseconds(heard))
    }

    /// The catalog's level, if this program does not support it. The node then serves nothing until its program is replaced.
    #[must_use]
    pub fn needed_level(&self) -> Option<Level> {
        let level = self.lease.needed_level.load(Ordering::Acquire);
        (level > 0).then_some(Level(level))
    }

    /// Waits until memory has applied every change that was committed before this call. Returns `Unavailable` if that takes
    /// longer than 5 s.
    pub async fn catch_up(&self) -> Result<(), RepositoryError> {
        self.catch_ups.wait().await
    }

    /// Ends the lease at once, and removes the node's row, so that no barrier waits for it.
    pub async fn leave(&self) {
        self.lease.end();
        self.leaving.send_replace(true);
        let mut task = self.task.lock().await;
        if let Some(task) = task.take() {
            // The panic hook has reported a panic of the task.
            let _ = task.await;
        }
    }
}
