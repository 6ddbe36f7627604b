//! The health of the database: the outcomes of reads, writes and renewals, each on its own.

pub(crate) mod observer;
pub(crate) mod operation;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use models_core::{Occasionally, RepositoryError};

use self::observer::ObserverSlot;
use self::operation::Operation;
use super::boot::since_boot;
use super::connections::failed::Failed;

/// The time for which reads may fail on a node that renews its lease. After that the node is not
/// ready.
const LONGEST_FAILURE: Duration = Duration::from_secs(5);
/// A node with an older last renewal does not renew its lease: the database is away for all
/// operations.
const RENEWED_WITHIN: Duration = Duration::from_secs(4);
/// The time for which a failed write is shown, because only the next change tries again.
const SHOWN: Duration = Duration::from_mins(5);

/// The outcomes of one kind of operation.
pub(crate) struct Outcomes {
    operation: Operation,
    observer: ObserverSlot,
    streak: Mutex<Streak>,
    notifications: Occasionally,
}

/// The current run of successes or failures, in times since boot.
#[derive(Clone, Copy, Default)]
struct Streak {
    /// The time of the first failure of the run; `None` after a success.
    failing_since: Option<Duration>,
    /// The time of the first success of the run; `None` after a failure.
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

    /// Records a failed acquisition of a connection.
    pub(crate) fn record_acquired<T>(
        &self,
        acquired: Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        acquired.inspect_err(|_| self.failed())
    }

    /// Records the outcome of a statement. Only a commit counts as a successful write.
    pub(crate) fn record_statement<T>(&self, done: &Result<T, Failed>) {
        match (done, self.operation) {
            (Ok(_), Operation::Read | Operation::Renewal) => self.succeeded(since_boot()),
            (Ok(_), Operation::Write) => {}
            (Err(Failed::Database(error)), Operation::Write)
                if !super::error::is_temporary(error) => {}
            (Err(_), _) => self.failed(),
        }
    }

    pub(crate) fn record_commit(&self) {
        self.succeeded(since_boot());
    }

    /// Reports that a change could not be announced to the nodes, which then find it when they
    /// poll.
    pub(crate) fn record_failed_notification(&self, error: &RepositoryError) {
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
            .notify(|observer| observer.statement_failed(self.operation));
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

    /// The time since the last operation ended; the time since boot if there was none.
    pub(crate) fn age(&self) -> Duration {
        let last = self.streak().last.unwrap_or(Duration::ZERO);
        since_boot().saturating_sub(last)
    }
}

/// The outcomes of all kinds of operations.
pub(crate) struct Health {
    pub(crate) reads: std::sync::Arc<Outcomes>,
    pub(crate) writes: std::sync::Arc<Outcomes>,
    pub(crate) renewals: std::sync::Arc<Outcomes>,
}

/// The health of a node's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseHealth {
    /// Whether reads have failed for 5 s on a node that renews its lease.
    pub reads_fail: bool,
    /// Whether the last change failed, less than 5 minutes ago.
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
        // After an outage of the whole database, renewals may recover before reads. The run of
        // renewals therefore counts too.
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
    fn failing_reads_beside_renewals_are_shown_after_five_seconds() {
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
    fn an_outage_of_the_whole_database_and_its_end_are_not_shown() {
        let health = health();
        health.reads.succeeded(at(100));
        health.renewals.succeeded(at(100));
        for second in 101..130 {
            health.reads.failed_at(at(second));
            health.renewals.failed_at(at(second));
            assert!(!health.show_at(at(second)).reads_fail);
        }
        // The renewals recover first.
        for second in 130..135 {
            health.renewals.succeeded(at(second));
            health.reads.failed_at(at(second));
            assert!(!health.show_at(at(second)).reads_fail, "second {second}");
        }
    }

    #[test]
    fn a_node_whose_renewals_hang_does_not_count_as_renewing() {
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
