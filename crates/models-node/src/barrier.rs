//! The barrier: a change that takes something away waits until no node serves the old state.

mod progress;
pub(crate) mod reads;
mod shared;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use models_core::{Barrier, CLOCK_MARGIN, Committed, Revision};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use self::progress::Progress;
use self::reads::{Look, Rows};
use self::shared::Reading;
use crate::nodes::Nodes;
use crate::nodes::expiry::Observed;

/// The pause between two reads of the nodes' rows, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

#[async_trait]
impl Barrier for Nodes {
    /// Waits for at most a lease and the clock margin.
    async fn wait(&self, committed: Committed) {
        let began = Instant::now();
        self.wait_from(began, committed).await;
        let waited = began.elapsed();
        self.observer
            .tell(|observer| observer.waited_for_nodes(waited));
    }
}

impl Nodes {
    async fn wait_from(&self, began: Instant, committed: Committed) {
        let Committed {
            position,
            // The lease that nodes may hold while the rows cannot be read. A node that takes a longer lease has applied the
            // revision.
            lease: unknown,
        } = committed;
        // A node that has not applied the revision holds only a lease whose renewal it sent before the commit.
        let mut lease = unknown;
        let mut pause = FIRST_PAUSE;
        let mut observed = Observed::default();
        let mut progress = Progress::default();
        self.wait_for_own_node(position.revision).await;
        let repository = &*self.repository;
        // By then, every lease from before the commit has run out.
        let end = began + unknown + CLOCK_MARGIN;
        let read = || Rows::read(repository, unknown);
        let reading = self.reads.rows.first(|rows| rows.cover(unknown), read);
        let Ok(rows) = timeout_at(end, reading).await else {
            return;
        };
        let mut behind = rows.found.behind(&position);
        let mut last: Option<Arc<Reading<Look>>> = None;
        loop {
            match behind {
                Ok(rows) if rows.is_empty() => return,
                Ok(rows) => {
                    progress.wait_for(&rows);
                    lease = rows.iter().map(|row| row.lease).max().unwrap_or(lease);
                    self.remove_expired(observed.expired(&rows)).await;
                }
                Err(error) => {
                    lease = lease.max(unknown);
                    progress.wait_for_unknown_nodes(&error);
                }
            }
            let left = (lease + CLOCK_MARGIN).saturating_sub(began.elapsed());
            if left.is_zero() {
                return;
            }
            progress.tell(&self.observer, began.elapsed(), left);
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            let read = || Look::read(repository, unknown);
            let (looks, covers) = (&self.reads.looks, |look: &Look| look.covers(unknown));
            let looking = async {
                match &last {
                    None => looks.first(covers, read).await,
                    Some(last) => looks.next(last, pause, covers, read).await,
                }
            };
            let Ok(look) = timeout_at(end.max(began + lease + CLOCK_MARGIN), looking).await else {
                return;
            };
            behind = look.found.behind(position.revision);
            last = Some(look);
        }
    }

    /// Waits for the local node first, because the rows cannot show that all nodes are done before it has published the
    /// revision. This only saves statements: if the local node takes too long, the barrier reads its row like any other.
    async fn wait_for_own_node(&self, revision: Revision) {
        let mut published = self.published.subscribe();
        let is_done = published.wait_for(|published| match published {
            Some(published) => *published >= revision,
            None => true,
        });
        // After a timeout or the end of the local node, the barrier reads the rows all the same.
        let _ = timeout(LONGEST_PAUSE, is_done).await;
    }
}

#[cfg(test)]
mod tests;
