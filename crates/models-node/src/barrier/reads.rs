//! What the barriers of one process read.

use std::time::Duration;

use models_core::{Epoch, NodeRepository, NodeRow, Position, RepositoryError, Revision};

use super::shared::Shared;

/// What barriers read. Those of one process share the reads, so that a thousand waiting changes neither keep the
/// database busy nor hold up the renewals and the next changes, which read over the same connections.
#[derive(Debug, Default)]
pub(crate) struct BarrierReads {
    /// The rows, right after a commit.
    pub(super) rows: Shared<Rows>,
    /// The rows and the history that they are compared with, while a barrier goes on waiting.
    pub(super) looks: Shared<Look>,
}

/// The nodes' rows.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The longest lease that may be held by a node without a row, if the rows could be read.
    lease: Duration,
    rows: Result<Vec<NodeRow>, RepositoryError>,
}

impl Rows {
    pub(super) async fn read(repository: &dyn NodeRepository, lease: Duration) -> Self {
        let rows = repository.list_complete(lease).await;
        Self { lease, rows }
    }

    /// Whether they are all rows where a node without a row may hold a lease of this length.
    pub(super) fn cover(&self, lease: Duration) -> bool {
        self.lease >= lease
    }

    /// The nodes that are behind this position. The error says why that cannot be known.
    pub(super) fn behind(&self, position: &Position) -> Result<Vec<NodeRow>, String> {
        let rows = self.rows.as_ref().map_err(ToString::to_string)?;
        let behind = rows.iter().filter(|row| row.is_behind(position));
        Ok(behind.cloned().collect())
    }
}

/// The nodes' rows, and the history of the server that was read before them.
#[derive(Debug)]
pub(crate) struct Look(Result<(Epoch, Rows), RepositoryError>);

impl Look {
    pub(super) async fn read(repository: &dyn NodeRepository, lease: Duration) -> Self {
        Self(match repository.position().await {
            Ok(position) => Ok((position.epoch, Rows::read(repository, lease).await)),
            Err(error) => Err(error),
        })
    }

    /// Whether it has all rows where a node without a row may hold a lease of this length, or could read none.
    pub(super) fn covers(&self, lease: Duration) -> bool {
        self.0.as_ref().map_or(true, |(_, rows)| rows.cover(lease))
    }

    /// The nodes that are behind this revision in the history of the server that was read. A server that has taken
    /// over has a history of its own, and nodes publish what they have applied of that one. It begins with what was
    /// committed if it was a synchronous standby.
    pub(super) fn behind(&self, revision: Revision) -> Result<Vec<NodeRow>, String> {
        let (epoch, rows) = self.0.as_ref().map_err(ToString::to_string)?;
        let epoch = epoch.clone();
        rows.behind(&Position { epoch, revision })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, LEASE};

    const NANOSECOND: Duration = Duration::from_nanos(1);

    #[tokio::test]
    async fn rows_serve_barriers_that_know_of_no_longer_lease() {
        let fake = Fake::new();
        let rows = Rows::read(&*fake, LEASE).await;
        let look = Look::read(&*fake, LEASE).await;
        let shorter = LEASE.saturating_sub(NANOSECOND);
        let longer = LEASE + NANOSECOND;
        for (lease, is_served) in [(shorter, true), (LEASE, true), (longer, false)] {
            assert_eq!(rows.cover(lease), is_served);
            assert_eq!(look.covers(lease), is_served);
        }
        // The catalog's row cannot be read: that is the same for all.
        fake.state().level = 2;
        assert!(Look::read(&*fake, LEASE).await.covers(longer));
    }
}
