//! Following the log: how a node may serve from memory and never show what is gone.
//!
//! A node holds a *lease*: until it runs out, the node may answer from memory. What takes something
//! away (a deletion, a revocation) commits, then waits until each node's row says that it has
//! applied the revision, or for as long as the lease of those that do not; only then is it answered.
//! A request that is sent after that answer finds memory that knows, or a lease that has run out.
//! That rests on six orders:
//!
//! 1. A node registers its row before it reads anything that it will serve. A change that does not
//!    find the row was committed before, and is read.
//! 2. It applies an event to its memory before its row says so, and in which history.
//! 3. It renews its row, then looks for the newest revision, applies what it finds, and only then
//!    extends its lease, counted from the moment before the renewal was *sent*. So a lease that is
//!    running when a change commits ends within a lease of the commit.
//! 4. What is read for the memory takes its place there before the reading begins. An event that
//!    touches it marks the place, and what was read for a marked place is not kept, or is changed first.
//! 5. The epoch changes only with a renewal, and to that of the server which took it: one that another
//!    has taken the place of can still be read, but with a synchronous standby it takes no writes. Only events
//!    of that history are applied.
//! 6. A row is taken out only by somebody who saw it unchanged for longer than its lease. A node that
//!    finds its row gone has lost its lease, and begins anew, with nothing in memory.
//!
//! Notifications are hints that make it fast; the poll finds what they miss. No wall clock is asked.
//! What remains: a process that is stopped between its last look at the lease and the writing of the
//! answer to the socket, and goes on after the lease, answers late; but only a request that was sent
//! before the change was answered. The crate `protocol-model` checks
//! this for clocks that run alike; for those that do not, the one who waits adds a margin.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use models_core::{
    Event, EventRepository, Follower, Position, RepositoryError, Revision, Snapshot,
};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::boot_time::BootTime;
use crate::nodes::Observed;
use crate::sql::{Backend, SqlStore};

/// How often the log is looked at without a hint.
const POLL: Duration = Duration::from_millis(250);
/// How often a node shows that it lives.
const RENEWAL: Duration = Duration::from_secs(1);
/// How many events are read at once, and from how many on everything is dropped instead.
const PAGE: u32 = 1_000;
const TOO_MANY: i64 = 20_000;

/// How long somebody who wants the newest waits for it.
const LONGEST_CATCH_UP: Duration = Duration::from_secs(5);

/// Looks at the log that somebody waits for.
struct Looks {
    /// How many have been asked for.
    asked: AtomicU64,
    /// How many of those have been taken, or were asked for before one that has.
    done: watch::Sender<u64>,
    /// What the node sleeps on.
    wake: Arc<Notify>,
}

/// The right to serve from memory.
#[derive(Debug, Default)]
struct Lease {
    /// When it runs out, in nanoseconds of [`BootTime`].
    until: AtomicU64,
    /// The newest revision that memory knows of.
    applied: AtomicI64,
    /// The newest revision that was seen.
    seen: AtomicI64,
    /// When the database last answered, in nanoseconds of [`BootTime`].
    heard: AtomicU64,
}

impl Lease {
    fn until(&self) -> BootTime {
        BootTime::from_nanoseconds(self.until.load(Ordering::Acquire))
    }

    fn extend(&self, until: BootTime) {
        self.until.store(until.nanoseconds(), Ordering::Release);
    }

    fn end(&self) {
        self.extend(BootTime::START);
    }
}

/// A node that follows the log until it leaves.
#[derive(Clone)]
pub struct Following {
    lease: Arc<Lease>,
    looks: Arc<Looks>,
    leaving: watch::Sender<bool>,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Following {
    /// The present moment, if memory may be answered from at it.
    #[must_use]
    pub fn check(&self) -> Option<BootTime> {
        let now = BootTime::now();
        (now < self.lease.until()).then_some(now)
    }

    /// For how much longer it may, if nothing renews it.
    #[must_use]
    pub fn lease_remaining(&self) -> Duration {
        self.lease.until().since(BootTime::now())
    }

    /// The newest revision that memory knows of.
    #[must_use]
    pub fn applied(&self) -> Revision {
        Revision(self.lease.applied.load(Ordering::Acquire))
    }

    /// How many revisions have been seen that memory does not know of yet.
    #[must_use]
    pub fn lag(&self) -> i64 {
        let seen = self.lease.seen.load(Ordering::Acquire);
        (seen - self.applied().0).max(0)
    }

    /// How long ago the database last answered.
    #[must_use]
    pub fn silence(&self) -> Duration {
        let heard = self.lease.heard.load(Ordering::Acquire);
        BootTime::now().since(BootTime::from_nanoseconds(heard))
    }

    /// Waits until memory knows of everything that had been committed when this was called. Many who
    /// call it at once share one look at the log.
    pub async fn catch_up(&self) -> Result<(), RepositoryError> {
        let ticket = self.looks.asked.fetch_add(1, Ordering::AcqRel) + 1;
        self.looks.wake.notify_one();
        let mut done = self.looks.done.subscribe();
        let looked = timeout(LONGEST_CATCH_UP, done.wait_for(|done| *done >= ticket)).await;
        match looked {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(RepositoryError::Unavailable(
                "the log could not be looked at in time".into(),
            )),
        }
    }

    /// Gives up the lease, at once, and takes the node's row out, so that nobody waits for it.
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

/// Something that a process can become a node of.
#[async_trait]
pub(crate) trait Follow: Send + Sync {
    async fn follow(
        self: Arc<Self>,
        follower: Arc<dyn Follower>,
    ) -> Result<Following, RepositoryError>;
}

#[async_trait]
impl<DB: Backend> Follow for SqlStore<DB> {
    async fn follow(
        self: Arc<Self>,
        follower: Arc<dyn Follower>,
    ) -> Result<Following, RepositoryError> {
        DB::listen(&self.nodes, &self.committed, &self.observer).await?;
        let lease = Arc::new(Lease::default());
        let looks = Arc::new(Looks {
            asked: AtomicU64::new(0),
            done: watch::Sender::new(0),
            wake: self.committed.clone(),
        });
        let mut node = Node::new(self.clone(), follower, lease.clone(), looks.clone());
        if let Err(error) = node.enter().await {
            // Where this fails too, others find the row silent.
            let _ = self.remove_node(&node.id).await;
            return Err(error);
        }
        let (leaving, told_to_leave) = watch::channel(false);
        let task = self.runtime.spawn(node.run(told_to_leave));
        Ok(Following {
            lease,
            looks,
            leaving,
            task: Arc::new(Mutex::new(Some(task))),
        })
    }
}

struct Node<DB: Backend> {
    id: String,
    store: Arc<SqlStore<DB>>,
    follower: Arc<dyn Follower>,
    lease: Arc<Lease>,
    looks: Arc<Looks>,
    /// Where memory is; none before the first look, and when the row is gone.
    position: Option<Position>,
    renewal: i64,
    renewed: BootTime,
    observed: Observed,
}

impl<DB: Backend> Node<DB> {
    fn new(
        store: Arc<SqlStore<DB>>,
        follower: Arc<dyn Follower>,
        lease: Arc<Lease>,
        looks: Arc<Looks>,
    ) -> Self {
        Self {
            id: format!("node_{}", uuid::Uuid::now_v7().simple()),
            store,
            follower,
            lease,
            looks,
            position: None,
            renewal: 0,
            renewed: BootTime::START,
            observed: Observed::default(),
        }
    }

    /// Registers, and then looks for the first time.
    async fn enter(&mut self) -> Result<(), RepositoryError> {
        self.store.register_node(&self.id, self.store.lease).await?;
        self.step(true).await
    }

    async fn run(mut self, mut told_to_leave: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = told_to_leave.wait_for(|leave| *leave) => break,
                () = self.something_new() => {}
            }
            // Who asks from here on may have committed after this look has begun.
            let asked = self.looks.asked.load(Ordering::Acquire);
            let is_due = BootTime::now().since(self.renewed) >= RENEWAL;
            let stepped = tokio::select! {
                _ = told_to_leave.wait_for(|leave| *leave) => break,
                stepped = self.step(is_due) => stepped,
            };
            match stepped {
                Ok(()) => drop(self.looks.done.send_replace(asked)),
                Err(error) => {
                    tracing::warn!(%error, "the log cannot be followed at the moment");
                    sleep(POLL).await;
                }
            }
        }
        self.lease.end();
        self.store.published.send_replace(None);
        if let Err(error) = self.store.remove_node(&self.id).await {
            tracing::warn!(%error, "the node's row stays until others find it silent");
        }
    }

    /// Waits until there may be something new in the log.
    async fn something_new(&self) {
        let hint = timeout(POLL, self.store.committed.notified()).await;
        let is_waited_for = self.looks.asked.load(Ordering::Acquire) > *self.looks.done.borrow();
        if let (Ok(()), false, Some(rest)) = (hint, is_waited_for, self.store.rest) {
            sleep(rest).await;
        }
    }

    /// Looks for what is new, and applies it. The lease is extended if the row is renewed first.
    async fn step(&mut self, renews: bool) -> Result<(), RepositoryError> {
        if let (false, Some(applied)) = (renews, &self.position) {
            let Snapshot { position, value } =
                self.store.list_after(applied.revision, PAGE).await?;
            if applied.epoch == position.epoch {
                return self.take(&position, value).await;
            }
            // A server that was replaced may be read for a while. Whether this one was, or the other,
            // shows when it is to take the row.
        }
        let sent = BootTime::now();
        let newest = self.renew().await?;
        self.take(&newest, vec![]).await?;
        self.lease.extend(sent + self.store.lease);
        self.renewed = sent;
        self.store.observe_nodes(&mut self.observed).await
    }

    /// Renews the row, and answers the newest position after that.
    async fn renew(&mut self) -> Result<Position, RepositoryError> {
        if let Some(newest) = self.renew_row().await? {
            return Ok(newest);
        }
        tracing::warn!("this node was silent for too long and was taken out; it begins anew");
        self.lease.end();
        self.position = None;
        self.id = format!("node_{}", uuid::Uuid::now_v7().simple());
        self.store.register_node(&self.id, self.store.lease).await?;
        self.renew_row().await?.ok_or_else(|| {
            RepositoryError::Unavailable("the node's row was taken out at once".into())
        })
    }

    /// Says what is applied, and answers the newest position after that. `None` if the row is gone.
    async fn renew_row(&mut self) -> Result<Option<Position>, RepositoryError> {
        self.renewal += 1;
        self.store
            .renew_node(&self.id, self.position.as_ref(), self.renewal)
            .await
    }

    /// Says what is applied.
    async fn publish(&mut self) -> Result<(), RepositoryError> {
        self.renewal += 1;
        self.store
            .publish_node(&self.id, self.position.as_ref(), self.renewal)
            .await?;
        let revision = self.position.as_ref().map(|position| position.revision);
        self.store.published.send_replace(revision);
        Ok(())
    }

    /// Applies everything up to this position, of which these events have been read already, and says so
    /// where somebody waits for it.
    async fn take(&mut self, newest: &Position, read: Vec<Event>) -> Result<(), RepositoryError> {
        self.lease.seen.store(newest.revision.0, Ordering::Release);
        let heard = BootTime::now().nanoseconds();
        self.lease.heard.store(heard, Ordering::Release);
        let takes_away = self.apply_up_to(newest, read).await?;
        self.lease
            .applied
            .store(newest.revision.0, Ordering::Release);
        if takes_away {
            self.publish().await?;
        }
        Ok(())
    }

    /// Whether something was taken away, or may have been.
    async fn apply_up_to(
        &mut self,
        newest: &Position,
        mut events: Vec<Event>,
    ) -> Result<bool, RepositoryError> {
        let behind = match &self.position {
            Some(position) if position.epoch == newest.epoch => {
                newest.revision.0 - position.revision.0
            }
            Some(_) | None => -1,
        };
        if !(0..=TOO_MANY).contains(&behind) {
            tracing::info!(revision = %newest.revision, "everything is read anew");
            self.follower.forget(&newest.epoch);
            self.store
                .observer
                .tell(|observer| observer.dropped_everything());
            self.position = Some(newest.clone());
            return Ok(true);
        }
        let mut takes_away = false;
        while let Some(position) = self.position.as_mut()
            && position.revision < newest.revision
        {
            if events.is_empty() {
                let page = self.store.list_after(position.revision, PAGE).await?;
                if page.position.epoch != newest.epoch {
                    return Err(RepositoryError::Unavailable(
                        "the log is not that of the server which took the node's row".into(),
                    ));
                }
                events = page.value;
            }
            let Some(last) = events.last() else {
                return Err(RepositoryError::Failed(
                    "the log ends before the catalog's revision".into(),
                ));
            };
            self.follower.apply(&events);
            takes_away |= events.iter().any(|event| event.change.takes_away());
            position.revision = last.revision;
            events.clear();
        }
        Ok(takes_away)
    }
}

#[cfg(test)]
mod tests;
