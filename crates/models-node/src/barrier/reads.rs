//! The reads of a process's barriers.

use std::time::Duration;

use models_core::{Epoch, NodeRepository, NodeRow, Position, RepositoryError, Revision};

use super::shared::Shared;

/// The reads that the barriers of a process share. A thousand waiting changes then neither load the database nor delay the
/// renewals and the next changes, which use the same connections.
#[derive(Debug, Default)]
pub(crate) struct BarrierReads {
    /// The rows, right after a commit.
    pub(super) rows: Shared<Rows>,
    /// The rows and the epoch that they are compared with, while a barrier goes on waiting.
    pub(super) looks: Shared<Look>,
}

/// The nodes' rows.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The rows are complete if no node without a row holds a longer lease than this.
    lease: Duration,
    rows: Result<Vec<NodeRow>, RepositoryError>,
}

impl Rows {
    pub(super) async fn read(repository: &dyn NodeRepository, lease: Duration) -> Self {
        let rows = repository.list_complete(lease).await;
        Self { lease, rows }
    }

    /// Whether the rows are complete although a node without a row may hold a lease of this length.
    pub(super) fn cover(&self, lease: Duration) -> bool {
        self.lease >= lease
    }

    /// The nodes that are behind this position. The error says why the rows could not be read.
    pub(super) fn behind(&self, position: &Position) -> Result<Vec<NodeRow>, String> {
        let rows = self.rows.as_ref().map_err(ToString::to_string)?;
        let behind = rows.iter().filter(|row| row.is_behind(position));
        Ok(behind.cloned().collect())
    }
}

/// The nodes' rows, and the epoch of the server, which was read before them.
#[derive(Debug)]
pub(crate) struct Look(Result<(Epoch, Rows), RepositoryError>);

impl Look {
    pub(super) async fn read(repository: &dyn NodeRepository, lease: Duration) -> Self {
        Self(match repository.position().await {
            Ok(position) => Ok((position.epoch, Rows::read(repository, lease).await)),
            Err(error) => Err(error),
        })
    }

    /// Whether the rows are complete although a node without a row may hold a lease of this length. A failed read counts as
    /// complete.
    pub(super) fn covers(&self, lease: Duration) -> bool {
        self.0.as_ref().map_or(true, |(_, rows)| rows.cover(lease))
    }

    /// The nodes that are behind this revision in the epoch of the server. A server that has taken over has another epoch, and
    /// nodes publish the revision that they have applied in that epoch. If the server was a synchronous standby, its epoch
    /// begins with all committed changes.
    pub(super) fn behind(&self, revision: Revision) -> Result<Vec<NodeRow>, String> {
        let (epoch, rows) = self.0.as_ref().map_err(ToString::to_string)?;
        let epoch = epoch.clone();
        rows.behind(&Position { epoch, revision })
    }
}

#[cfg(test)]
mod tests {
    use models_core::Level;

    use super::*;
    use crate::fake::{Fake, LEASE};

    const NANOSECOND: Duration = Duration::from_nanos(1);

    #[tokio::test]
    async fn rows_serve_barriers_whose_longest_lease_they_cover() {
        let fake = Fake::new();
        let rows = Rows::read(&*fake, LEASE).await;
        let look = Look::read(&*fake, LEASE).await;
        let shorter = LEASE.saturating_sub(NANOSECOND);
        let longer = LEASE + NANOSECOND;
        for (lease, is_served) in [(shorter, true), (LEASE, true), (longer, false)] {
            assert_eq!(rows.cover(lease), is_served);
            assert_eq!(look.covers(lease), is_served);
        }
        // A failed read serves all barriers.
        fake.state().level = Level::SUPPORTED.0 + 1;
        assert!(Look::read(&*fake, LEASE).await.covers(longer));
    }
}
