//! Whether the database does what it is told: reads, writes and renewals, each on its own.

pub(crate) mod observer;
pub(crate) mod operation;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use models_core::{Occasionally, RepositoryError};

use self::observer::ObserverSlot;
use self::operation::Operation;
use super::boot::since_boot;
use super::connections::failed::Failed;

/// For how long reads may fail on a node that renews its lease, until it is not ready.
const LONGEST_FAILURE: Duration = Duration::from_secs(5);
/// A node whose last renewal is older than this does not renew its lease. The database is away for everything then.
const RENEWED_WITHIN: Duration = Duration::from_secs(4);
/// For so long after its end a failed write is shown. Nothing tries again but the next change.
const SHOWN: Duration = Duration::from_mins(5);

/// How the operations of one kind went.
pub(crate) struct Outcomes {
    operation: Operation,
    observer: ObserverSlot,
    streak: Mutex<Streak>,
    notifications: Occasionally,
}

/// Times since the machine was started.
#[derive(Clone, Copy, Default)]
struct Streak {
    /// Since when all have failed; none while the last one succeeded.
    failing_since: Option<Duration>,
    /// Since when all have succeeded; none while the last one failed.
    succeeding_since: Option<Duration>,
    last: Option<Duration>,
}

impl Outcomes {
    pub(crate) fn new(operation: Operation, observer: ObserverSlot) -> Self {
        Self {
            operation,
            observer,
            streak: Mutex::default(),
            notifications: Occasionally::default(),
        }
    }

    /// Records that there was a connection, or none.
    pub(crate) fn of_acquiring<T>(
        &self,
        acquired: Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        acquired.inspect_err(|_| self.failed())
    }

    /// Records what became of a statement. Of a write, only its commit shows that it can be done.
    pub(crate) fn of_statement<T>(&self, done: &Result<T, Failed>) {
        match (done, self.operation) {
            (Ok(_), Operation::Read | Operation::Renewal) => self.succeeded(since_boot()),
            (Ok(_), Operation::Write) => {}
            (Err(Failed::Database(error)), Operation::Write)
                if !super::error::is_passing(error) => {}
            (Err(_), _) => self.failed(),
        }
    }

    pub(crate) fn of_commit(&self) {
        self.succeeded(since_boot());
    }

    /// Reports that a change could not be announced: the nodes find it when they poll.
    pub(crate) fn of_notification(&self, error: &RepositoryError) {
        if let Some(left_out) = self.notifications.at(Instant::now()) {
            tracing::warn!(%error, left_out, "failed to notify the nodes of a change; they find it within 250 ms");
        }
    }

    fn succeeded(&self, now: Duration) {
        self.update(|streak| {
            streak.failing_since = None;
            streak.succeeding_since.get_or_insert(now);
            streak.last = Some(now);
        });
    }

    fn failed(&self) {
        self.failed_at(since_boot());
        self.observer
            .tell(|observer| observer.statement_failed(self.operation));
    }

    fn failed_at(&self, now: Duration) {
        self.update(|streak| {
            streak.succeeding_since = None;
            streak.failing_since.get_or_insert(now);
            streak.last = Some(now);
        });
    }

    fn update(&self, change: impl FnOnce(&mut Streak)) {
        change(&mut self.streak.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn streak(&self) -> Streak {
        *self.streak.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago the last one ended; never is long ago.
    pub(crate) fn age(&self) -> Duration {
        let last = self.streak().last.unwrap_or(Duration::ZERO);
        since_boot().saturating_sub(last)
    }
}

/// All of them.
pub(crate) struct Health {
    pub(crate) reads: std::sync::Arc<Outcomes>,
    pub(crate) writes: std::sync::Arc<Outcomes>,
    pub(crate) renewals: std::sync::Arc<Outcomes>,
}

/// What a node shows of its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseHealth {
    /// Reads have failed for 5 s on a node that renews its lease.
    pub reads_fail: bool,
    /// The last change failed, less than 5 minutes ago.
    pub writes_fail: bool,
}

impl Health {
    pub(crate) fn new(observer: &ObserverSlot) -> Self {
        let outcomes = |operation| std::sync::Arc::new(Outcomes::new(operation, observer.clone()));
        Self {
            reads: outcomes(Operation::Read),
            writes: outcomes(Operation::Write),
            renewals: outcomes(Operation::Renewal),
        }
    }

    pub(crate) fn show(&self) -> DatabaseHealth {
        self.show_at(since_boot())
    }

    fn show_at(&self, now: Duration) -> DatabaseHealth {
        let (reads, writes) = (self.reads.streak(), self.writes.streak());
        let renewals = self.renewals.streak();
        // Both began to fail when the database went away, and neither comes back first of all nodes at the same moment.
        let renewed = renewals
            .last
            .is_some_and(|last| now.saturating_sub(last) <= RENEWED_WITHIN);
        let reads_fail = match (reads.failing_since, renewals.succeeding_since) {
            (Some(failing), Some(renewing)) if renewed => {
                now.saturating_sub(failing.max(renewing)) >= LONGEST_FAILURE
            }
            _ => false,
        };
        let is_recent = writes
            .last
            .is_some_and(|last| now.saturating_sub(last) <= SHOWN);
        DatabaseHealth {
            reads_fail,
            writes_fail: writes.failing_since.is_some() && is_recent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn health() -> Health {
        Health::new(&ObserverSlot::default())
    }

    #[test]
    fn reads_that_fail_beside_renewals_show_after_five_seconds() {
        let health = health();
        health.reads.succeeded(at(100));
        for second in 100..120 {
            health.renewals.succeeded(at(second));
            if second > 101 {
                health.reads.failed_at(at(second));
            }
            let shown = health.show_at(at(second)).reads_fail;
            assert_eq!(shown, second >= 102 + 5, "second {second}");
        }
        health.reads.succeeded(at(120));
        assert!(!health.show_at(at(120)).reads_fail);
    }

    #[test]
    fn a_database_that_is_away_for_everything_does_not_show_and_nor_does_its_return() {
        let health = health();
        health.reads.succeeded(at(100));
        health.renewals.succeeded(at(100));
        for second in 101..130 {
            health.reads.failed_at(at(second));
            health.renewals.failed_at(at(second));
            assert!(!health.show_at(at(second)).reads_fail);
        }
        // The renewals come back first.
        for second in 130..135 {
            health.renewals.succeeded(at(second));
            health.reads.failed_at(at(second));
            assert!(!health.show_at(at(second)).reads_fail, "second {second}");
        }
    }

    #[test]
    fn a_node_that_hangs_in_its_renewals_is_not_one_that_renews() {
        let health = health();
        health.renewals.succeeded(at(100));
        health.reads.failed_at(at(100));
        assert!(!health.show_at(at(106)).reads_fail);
    }

    #[test]
    fn a_failed_write_is_shown_until_one_succeeds_and_for_five_minutes_at_most() {
        let health = health();
        health.writes.failed_at(at(100));
        let shown = |second| health.show_at(at(second)).writes_fail;
        assert!(shown(100) && shown(390) && !shown(401));
        health.writes.failed_at(at(400));
        assert!(shown(401));
        health.writes.succeeded(at(402));
        assert!(!shown(403));
    }
}
