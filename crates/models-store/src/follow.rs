//! Following the log: how a node may serve from memory and never show what is gone.
//!
//! A node holds a *lease*: until it runs out, the node may answer from memory. What takes something
//! away (a deletion, a revocation) commits, then waits until each node's row says that it has
//! applied the revision, or for as long as the lease of those that do not; only then is it answered.
//! A request that is sent after that answer finds memory that knows, or a lease that has run out.
//! That rests on seven orders:
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
//! 7. A request acquires the lease before it reads memory, and its response is released only while the lease
//!    that it acquired lasts. The end is the one that was loaded at the acquisition: a renewal since then
//!    says nothing about what was read before it. What a request loads from the database is taken under a lease
//!    that was acquired after the load (see `Lease`).
//!
//! An event that this version does not understand may have taken anything away: the node drops all that it has
//! cached, marks the revision as applied, and goes on. That is enough only while the node supports the catalog's
//! level, which every read of the position returns. A node that reads a higher one ends its lease before it
//! applies or publishes anything, removes its row, and stays out until its program is replaced. A node that has
//! failed to follow the log for a whole lease removes its row, and renews none until it can read the log again:
//! nobody waits for it meanwhile.
//!
//! The lease is the catalog's, for all processes alike (see `lease`).
//!
//! Notifications are hints that make it fast; the poll finds what they miss. No wall clock is asked.
//! What remains: a process that is stopped between the release of a response and its writing to the socket
//! responds late when it goes on; but only to a request that was sent before the change had returned. The crate `protocol-model` checks
//! this for clocks that run alike; for those that do not, the one who waits adds a margin.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use models_core::{
    EventRepository, Follower, Level, LogEntry, Position, RepositoryError, Revision, Snapshot,
};
use models_node::{BootTime, Clock, HeldLease, Lease, Released};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::catalog::Catalog;
use crate::lease::Settling;
use crate::nodes::{Observed, Renewal};
use crate::occasionally::Occasionally;
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

impl Looks {
    fn new(wake: Arc<Notify>) -> Self {
        Self {
            asked: AtomicU64::new(0),
            done: watch::Sender::new(0),
            wake,
        }
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
    /// A node whose lease belongs to a test: nothing follows a log, and only the test extends the lease.
    #[must_use]
    pub fn without_a_log(lease: Arc<Lease>) -> Self {
        Self {
            lease,
            looks: Arc::new(Looks::new(Arc::default())),
            leaving: watch::Sender::new(false),
            task: Arc::default(),
        }
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
        let looks = Arc::new(Looks::new(self.committed.clone()));
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
    /// The longest lease that the node may take: its row names it, or will with the next renewal.
    length: Duration,
    /// When the node last followed the log to its end.
    followed: BootTime,
    /// It has failed to for a whole lease.
    is_withdrawn: bool,
    settling: Settling,
    /// The end of a change of the lease, while it is being stored. It waits for its turn, and one at a time is enough.
    storing: Option<JoinHandle<()>>,
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
            followed: lease.clock.now(),
            id: format!("node_{}", uuid::Uuid::now_v7().simple()),
            store,
            follower,
            lease,
            looks,
            position: None,
            renewal: 0,
            renewed: BootTime::START,
            length: Duration::ZERO,
            is_withdrawn: false,
            settling: Settling::default(),
            storing: None,
            observed: Observed::default(),
        }
    }

    /// Registers, and then looks for the first time.
    async fn enter(&mut self) -> Result<(), RepositoryError> {
        let leases = self.store.enter_lease().await?;
        if leases.in_force != self.store.lease {
            tracing::warn!(
                setting_seconds = self.store.lease.as_secs(),
                in_force_seconds = leases.in_force.as_secs(),
                "the setting `consistency.lease` differs from the lease in force, which is used; `models-api lease set` changes it"
            );
        }
        self.length = leases.of_nodes();
        self.store.register_node(&self.id, self.length).await?;
        self.step(true).await
    }

    async fn run(mut self, mut told_to_leave: watch::Receiver<bool>) {
        let failures = Occasionally::new();
        loop {
            tokio::select! {
                _ = told_to_leave.wait_for(|leave| *leave) => break,
                () = self.something_new() => {}
            }
            // Who asks from here on may have committed after this look has begun.
            let asked = self.looks.asked.load(Ordering::Acquire);
            let is_due = self.lease.clock.now().since(self.renewed) >= RENEWAL;
            let stepped = tokio::select! {
                _ = told_to_leave.wait_for(|leave| *leave) => break,
                stepped = self.step(is_due) => stepped,
            };
            match stepped {
                Ok(()) => drop(self.looks.done.send_replace(asked)),
                Err(error @ RepositoryError::Outdated { needed, .. }) => {
                    self.lease.end();
                    self.lease.needed_level.store(needed.0, Ordering::Release);
                    tracing::error!(%error, "this node serves nothing any more; replace its program");
                    break;
                }
                Err(error) => {
                    if let Some(left_out) = failures.now() {
                        tracing::warn!(%error, left_out, "failed to read the event log; retrying");
                    }
                    tokio::select! {
                        _ = told_to_leave.wait_for(|leave| *leave) => break,
                        () = self.withdraw_if_lost() => {}
                    }
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

    /// Removes the row of a node that has failed to follow the log for a whole lease. It is not renewed until the
    /// log can be read again.
    async fn withdraw_if_lost(&mut self) {
        if self.is_withdrawn || self.lease.clock.now().since(self.followed) < self.length {
            return;
        }
        tracing::error!(
            "failed to follow the event log for a whole lease; withdrawing the node until it can be read"
        );
        self.lease.end();
        self.store.published.send_replace(None);
        self.is_withdrawn = true;
        if let Err(error) = self.store.withdraw_node(&self.id, self.renewal).await {
            tracing::warn!(%error, "failed to remove the node's row; others remove it after a lease");
        }
    }

    /// Begins anew, if the log can be read again.
    async fn come_back(&mut self) -> Result<(), RepositoryError> {
        let applied = self.position.as_ref();
        let applied = applied.map_or(Revision(0), |position| position.revision);
        self.store.list_after(applied, PAGE).await?;
        self.store.withdraw_node(&self.id, self.renewal).await?;
        tracing::info!("the event log can be read again; the node begins anew");
        self.begin_anew().await?;
        self.is_withdrawn = false;
        Ok(())
    }

    /// Looks for what is new, and applies it. The lease is extended if the row is renewed first.
    async fn step(&mut self, renews: bool) -> Result<(), RepositoryError> {
        if let Err(error) = self.store.check_database() {
            self.begin_from_nothing();
            return Err(error);
        }
        let renews = renews || !self.store.has_nodes_in_place();
        if self.is_withdrawn {
            self.come_back().await?;
        }
        if let (false, Some(applied)) = (renews, &self.position) {
            let looking = timeout(
                self.longest_look(),
                self.store.list_after(applied.revision, PAGE),
            );
            let Snapshot { position, value } = looking.await.map_err(|_| {
                RepositoryError::Unavailable("the event log took too long".into())
            })??;
            if applied.epoch == position.epoch {
                return self.take(&position, value).await;
            }
            // A server that was replaced may be read for a while. Whether this one was, or the other,
            // shows when it is to take the row.
        }
        let sent = self.lease.clock.now();
        let Catalog {
            position, leases, ..
        } = self.renew().await?;
        self.take(&position, vec![]).await?;
        // The row names `length` until the next renewal. A longer lease is taken only after that.
        let lease = leases.map_or(self.length, |leases| leases.of_nodes());
        self.lease.extend(sent + self.length.min(lease));
        self.renewed = sent;
        self.probe_reads();
        if self.length != lease {
            tracing::info!(
                seconds = lease.as_secs_f64(),
                "the node takes another lease"
            );
            self.length = lease;
        }
        let longest = self.store.observe_nodes(&mut self.observed).await?;
        if let Some(leases) = leases
            && let Some(previous) = self.settling.previous(leases, longest, sent)
            && self.storing.as_ref().is_none_or(JoinHandle::is_finished)
        {
            self.storing = Some(self.store.settle(leases, previous));
        }
        Ok(())
    }

    /// How long a look that does not renew the row may take: reads that hang must not cost a lease that could be
    /// renewed.
    fn longest_look(&self) -> Duration {
        let since = BootTime::now().since(self.renewed);
        RENEWAL.saturating_sub(since).max(POLL)
    }

    /// Reads something if nothing else has for a while, so that the node knows whether it can.
    fn probe_reads(&self) {
        if self.store.health.reads.age() > RENEWAL {
            let store = self.store.clone();
            self.store
                .runtime
                .spawn(async move { drop(store.position().await) });
        }
    }

    /// Renews the row, and returns the catalog's row after that.
    async fn renew(&mut self) -> Result<Catalog, RepositoryError> {
        if let Some(catalog) = self.renew_row().await? {
            return Ok(catalog);
        }
        tracing::warn!("this node's row is gone; the node begins anew");
        self.begin_anew().await?;
        self.renew_row().await?.ok_or_else(|| {
            RepositoryError::Unavailable("the node's row was taken out at once".into())
        })
    }

    /// Ends the lease, and what is in memory counts for nothing.
    fn begin_from_nothing(&mut self) {
        self.lease.end();
        self.position = None;
    }

    /// Registers another row, with nothing in memory.
    async fn begin_anew(&mut self) -> Result<(), RepositoryError> {
        self.begin_from_nothing();
        // A catalog of a higher level takes no such row.
        let leases = self.store.catalog().await?.leases;
        self.length = leases.map_or(self.length, |leases| leases.of_nodes());
        self.id = format!("node_{}", uuid::Uuid::now_v7().simple());
        self.store.register_node(&self.id, self.length).await
    }

    /// Says what is applied, and returns the catalog's row after that. `None` if the node's row is gone.
    async fn renew_row(&mut self) -> Result<Option<Catalog>, RepositoryError> {
        self.renewal += 1;
        self.store.renew_node(&self.renewal()).await
    }

    fn renewal(&self) -> Renewal<'_> {
        Renewal {
            id: &self.id,
            applied: self.position.as_ref(),
            number: self.renewal,
            lease: self.length,
        }
    }

    /// Says what is applied.
    async fn publish(&mut self) -> Result<(), RepositoryError> {
        self.renewal += 1;
        self.store.publish_node(&self.renewal()).await?;
        let revision = self.position.as_ref().map(|position| position.revision);
        self.store.published.send_replace(revision);
        Ok(())
    }

    /// Applies everything up to this position, of which these events have been read already, and says so
    /// where somebody waits for it.
    async fn take(
        &mut self,
        newest: &Position,
        read: Vec<LogEntry>,
    ) -> Result<(), RepositoryError> {
        self.lease.seen.store(newest.revision.0, Ordering::Release);
        let heard = self.lease.clock.now().nanoseconds();
        self.lease.heard.store(heard, Ordering::Release);
        let takes_away = self.apply_up_to(newest, read).await?;
        self.lease
            .applied
            .store(newest.revision.0, Ordering::Release);
        if takes_away {
            self.publish().await?;
        }
        self.followed = self.lease.clock.now();
        Ok(())
    }

    /// Whether something was taken away, or may have been.
    async fn apply_up_to(
        &mut self,
        newest: &Position,
        mut entries: Vec<LogEntry>,
    ) -> Result<bool, RepositoryError> {
        let behind = match &self.position {
            Some(position) if position.epoch == newest.epoch => {
                newest.revision.0 - position.revision.0
            }
            Some(_) | None => -1,
        };
        if !(0..=TOO_MANY).contains(&behind) {
            tracing::info!(revision = newest.revision.0, "everything is read anew");
            self.follower.forget(&newest.epoch);
            self.store
                .observer
                .tell(|observer| observer.dropped_everything());
            self.position = Some(newest.clone());
            return Ok(true);
        }
        let mut takes_away = false;
        // Up to where the log has been read.
        let mut read = newest.revision;
        while let Some(position) = self.position.as_mut()
            && position.revision < newest.revision
        {
            if entries.is_empty() {
                let page = self.store.list_after(position.revision, PAGE).await?;
                if page.position.epoch != newest.epoch {
                    return Err(RepositoryError::Unavailable(
                        "the log is not that of the server which took the node's row".into(),
                    ));
                }
                (read, entries) = (page.position.revision, page.value);
            }
            let last = read.min(Revision(position.revision.0 + i64::from(PAGE)));
            let expected = last.0 - position.revision.0;
            position.revision = last;
            let entries = std::mem::take(&mut entries);
            let is_whole = i64::try_from(entries.len()).is_ok_and(|found| found == expected);
            if !is_whole {
                tracing::error!(
                    revision = last.0,
                    "rows before this revision are missing from the event log"
                );
            }
            takes_away |= self.apply(entries, is_whole);
        }
        Ok(takes_away)
    }

    /// Applies these rows of the log, and drops everything where one of them is missing or not understood. Returns
    /// whether something was taken away, or may have been.
    fn apply(&self, entries: Vec<LogEntry>, is_whole: bool) -> bool {
        let count = entries.len();
        let events = entries.into_iter().filter_map(LogEntry::into_event);
        let events: Vec<_> = events.collect();
        self.follower.apply(&events);
        if is_whole && events.len() == count {
            return events.iter().any(|event| event.change.takes_away());
        }
        self.follower.invalidate();
        self.store
            .observer
            .tell(|observer| observer.dropped_everything());
        true
    }
}

#[cfg(test)]
mod tests;
