//! The removal of the beginning of the log.

use std::time::Duration;

use models_core::{
    CatalogState, Change, NodeRepository, Origin, RepositoryError, Revision, Timestamp,
};

use crate::catalog::{Backend, Mutation, SqlStore};
use crate::database::{Transaction, damaged};

/// Events younger than this stay. Repetitions of deletions, imports that run, and nodes that
/// register need the last minutes of the log.
const KEPT: Duration = Duration::from_hours(1);

/// The most events that one transaction removes. Other changes can take the turn between two
/// transactions.
const AT_ONCE: i64 = 5_000;

/// Removes the events in a range of revisions up to the first one that is not older than a time.
const DELETE: &str = "DELETE FROM events WHERE revision > $1 AND revision <= $2 AND revision < COALESCE(\
        (SELECT MIN(e.revision) FROM events e WHERE e.revision > $1 AND e.revision <= $2 AND e.occurred_at >= $3), $2 + 1\
    ) RETURNING revision";
const FIRST: &str = "SELECT revision FROM events ORDER BY revision LIMIT 1";

/// Removes the beginning of the log. The first transaction records the removal, and the others are
/// no changes.
///
/// The newest event of the catalog stays, because the event of the removal is newer than all that are
/// removed: a node that reads what an organization sees looks at the newest event.
pub(super) async fn prune<DB: Backend>(
    store: &SqlStore<DB>,
    before: Timestamp,
    origin: Origin,
) -> Result<u64, RepositoryError> {
    let kept_from = i64::from(origin.at) - i64::try_from(KEPT.as_secs()).unwrap_or(i64::MAX);
    let before_time = i64::from(before).min(kept_from);
    let last = applied_by_all(store).await?;
    let first: Vec<(i64,)> = store.read(FIRST, vec![]).await?;
    let Some((first,)) = first.into_iter().next() else {
        return Ok(0);
    };
    let mut range = Range {
        after: first - 1,
        last: last.0,
    };
    let mut mutation = Mutation::begin(store, origin).await?;
    let removed: Vec<(i64,)> = mutation.fetch(DELETE, range.values(before_time)).await?;
    if removed.is_empty() {
        mutation.roll_back().await?;
        return Ok(0);
    }
    let before = Timestamp::try_from(before_time).map_err(|error| damaged("events", error))?;
    mutation.record(&Change::AuditPruned { before }).await?;
    mutation.commit().await?;
    let mut all = removed.len();
    let mut is_whole = range.advance(removed.len());
    while is_whole {
        store.check_database_file()?;
        let mut transaction = Transaction::begin(&store.writer, store.begin).await?;
        let removed: Vec<(i64,)> = transaction.fetch(DELETE, range.values(before_time)).await?;
        transaction.commit(None).await?;
        all += removed.len();
        is_whole = range.advance(removed.len());
    }
    Ok(u64::try_from(all).unwrap_or(u64::MAX))
}

/// The revisions that are still to be removed.
struct Range {
    after: i64,
    last: i64,
}

impl Range {
    fn end(&self) -> i64 {
        self.last.min(self.after + AT_ONCE)
    }

    fn values(&self, before_time: i64) -> Vec<crate::database::Value> {
        vec![self.after.into(), self.end().into(), before_time.into()]
    }

    /// Goes on to the next piece. False if this piece was the last one, or not all of it was removed.
    fn advance(&mut self, removed: usize) -> bool {
        let end = self.end();
        let is_whole = i64::try_from(removed).is_ok_and(|removed| removed == end - self.after);
        self.after = end;
        is_whole && end < self.last
    }
}

/// The last revision that each node has applied. A node in another epoch, and one that has not read
/// the log, need no event: they drop everything in memory before they read the log.
async fn applied_by_all<DB: Backend>(store: &SqlStore<DB>) -> Result<Revision, RepositoryError> {
    let CatalogState {
        position, leases, ..
    } = store.read_catalog().await?;
    let lease = store.longest_lease(leases).await?;
    let rows = store.list_complete(lease).await?;
    let applied = rows
        .into_iter()
        .map(|row| row.applied)
        .filter(|applied| applied.epoch == position.epoch)
        .map(|applied| applied.revision);
    Ok(applied
        .min()
        .unwrap_or(position.revision)
        .min(position.revision))
}
