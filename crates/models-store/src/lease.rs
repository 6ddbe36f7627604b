//! The lease in force, which the catalog names for all its processes.
//!
//! The first node puts its setting in force. A change names the new lease and keeps the longest that nodes may still
//! hold; until that one has run out everywhere, nodes use the shorter of both and barriers the longer. Any
//! node ends the change when it has seen it for longer than the longer lease. A node's row never names a shorter lease
//! than the node holds: it uses a shorter one as soon as it has read it, and a longer one only after its row
//! names it.

use std::time::Duration;

use async_trait::async_trait;
use models_core::{Change, LeaseRepository, Leases, Level, Origin, RepositoryError};
use models_node::BootTime;
use tokio::task::JoinHandle;

use crate::catalog::catalog;
use crate::connections::Deadline;
use crate::mutation::Mutation;
use crate::nodes::{MARGIN, duration, milliseconds};
use crate::sql::{Backend, SqlStore};

const SET_FIRST: &str =
    "UPDATE catalog SET lease_ms = $1, previous_lease_ms = $2 WHERE lease_ms = 0";
const SET: &str = "UPDATE catalog SET lease_ms = $1, previous_lease_ms = $2, lease_revision = $3";
const SETTLE: &str = "UPDATE catalog SET previous_lease_ms = $1 \
    WHERE lease_ms = $2 AND previous_lease_ms = $3 AND lease_revision = $4";
const LONGEST: &str = "SELECT COALESCE(MAX(lease_ms), 0) AS lease_ms FROM nodes";
const LIST_LOWER: &str = "SELECT id FROM nodes WHERE level < $1 ORDER BY id";

#[async_trait]
impl<DB: Backend> LeaseRepository for SqlStore<DB> {
    async fn find(&self) -> Result<Option<Leases>, RepositoryError> {
        Ok(self.catalog().await?.leases)
    }

    async fn set(&self, lease: Duration, origin: Origin) -> Result<Leases, RepositoryError> {
        let lease = Duration::from_secs(lease.as_secs());
        let store = self.clone();
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            // After the turn has been waited for, which may have taken seconds.
            let longest_row = store.longest_row().await?;
            let lower: Vec<(String,)> = store
                .nodes_statement(LIST_LOWER, vec![Level::FIRST.0.into()])
                .await?;
            if !lower.is_empty() {
                mutation.roll_back().await?;
                let ids = lower.into_iter().map(|(id,)| id).collect();
                return Err(RepositoryError::OlderNodes(ids));
            }
            let before = mutation.leases();
            if let Some(same) = before.filter(|leases| leases.in_force == lease) {
                mutation.roll_back().await?;
                return Ok(same);
            }
            mutation
                .record(&Change::LeaseUpdated {
                    before_seconds: before.map(|leases| seconds(leases.in_force)),
                    after_seconds: seconds(lease),
                })
                .await?;
            let leases = Leases {
                in_force: lease,
                previous: before.map_or(longest_row.max(lease), |leases| leases.of_barriers()),
                changed_at: mutation.revision(),
            };
            let values = vec![
                milliseconds(leases.in_force).into(),
                milliseconds(leases.previous).into(),
                leases.changed_at.0.into(),
            ];
            mutation.execute(SET, values).await?;
            mutation.commit().await?;
            Ok(leases)
        })
        .await
    }
}

fn seconds(lease: Duration) -> u32 {
    u32::try_from(lease.as_secs()).unwrap_or(u32::MAX)
}

impl<DB: Backend> SqlStore<DB> {
    /// The leases of the catalog. If it names none yet, this process's setting is put in force, with the longest
    /// lease of the nodes that run already (of an older version) as the previous one.
    pub(crate) async fn enter_lease(&self) -> Result<Leases, RepositoryError> {
        let previous = self.longest_row().await?.max(self.lease);
        let values = vec![
            milliseconds(self.lease).into(),
            milliseconds(previous).into(),
        ];
        let (writer, level) = (self.writer.clone(), self.level);
        self.run(async move {
            // Not over a connection for reading: a server that has been replaced can still be read.
            let mut connection = writer.acquire(Deadline::STATEMENT).await?;
            if let Some(leases) = catalog(&mut connection, level).await?.leases {
                return Ok(leases);
            }
            connection.fetch::<(i64,)>(SET_FIRST, values).await?;
            let leases = catalog(&mut connection, level).await?.leases;
            leases.ok_or_else(|| RepositoryError::Failed("the catalog names no lease".into()))
        })
        .await
    }

    /// The longest lease that a row of a node names; zero where there is none.
    pub(crate) async fn longest_row(&self) -> Result<Duration, RepositoryError> {
        let rows: Vec<(i64,)> = self.nodes_statement(LONGEST, vec![]).await?;
        Ok(duration(rows.first().map_or(0, |(lease_ms,)| *lease_ms)))
    }

    /// Stores another previous lease beside these leases, unless they have been changed meanwhile. It waits for its
    /// turn, so nothing waits for it.
    pub(crate) fn settle(&self, leases: Leases, previous: Duration) -> JoinHandle<()> {
        let values = vec![
            milliseconds(previous).into(),
            milliseconds(leases.in_force).into(),
            milliseconds(leases.previous).into(),
            leases.changed_at.0.into(),
        ];
        let writer = self.writer.clone();
        self.runtime.spawn(async move {
            let stored = async {
                let mut connection = writer.acquire(Deadline::STATEMENT).await?;
                connection.fetch::<(i64,)>(SETTLE, values).await
            };
            if let Err(error) = stored.await {
                tracing::warn!(%error, "failed to end the change of the lease; retrying");
            }
        })
    }
}

/// What a node has seen of a change of the lease.
#[derive(Debug, Default)]
pub(crate) struct Settling(Option<(Leases, BootTime)>);

impl Settling {
    /// The previous lease that the catalog must name, if it names another one.
    pub(crate) fn previous(
        &mut self,
        leases: Leases,
        longest_row: Duration,
        now: BootTime,
    ) -> Option<Duration> {
        let since = match self.0 {
            Some((seen, since)) if seen == leases => since,
            Some(_) | None => now,
        };
        self.0 = Some((leases, since));
        let previous = if now.since(since) > leases.of_barriers() + MARGIN {
            leases.in_force.max(longest_row)
        } else if longest_row > leases.of_barriers() {
            longest_row
        } else {
            leases.previous
        };
        (previous != leases.previous).then_some(previous)
    }
}

#[cfg(test)]
mod tests {
    use models_core::Revision;

    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_change_ends_when_the_longer_lease_has_run_out_and_no_row_names_it() {
        let at = |time: u64| BootTime::START + seconds(1_000 + time);
        for (in_force, before) in [(3, 30), (30, 3)] {
            let leases = Leases {
                in_force: seconds(in_force),
                previous: seconds(before),
                changed_at: Revision(7),
            };
            let mut settling = Settling::default();
            assert_eq!(settling.previous(leases, seconds(3), at(0)), None);
            assert_eq!(settling.previous(leases, seconds(3), at(30)), None);
            let ended = Some(seconds(in_force));
            assert_eq!(settling.previous(leases, seconds(3), at(31)), ended);
            // Another change begins anew.
            let again = Leases {
                changed_at: Revision(9),
                ..leases
            };
            assert_eq!(settling.previous(again, seconds(3), at(32)), None);
        }
    }

    #[test]
    fn a_longer_lease_of_a_row_is_the_previous_one_as_long_as_it_is_there() {
        let leases = Leases {
            in_force: seconds(3),
            previous: seconds(3),
            changed_at: Revision(0),
        };
        let mut settling = Settling::default();
        let now = BootTime::START + seconds(1);
        assert_eq!(settling.previous(leases, seconds(3), now), None);
        assert_eq!(
            settling.previous(leases, seconds(60), now),
            Some(seconds(60))
        );
        let longer = Leases {
            previous: seconds(60),
            ..leases
        };
        assert_eq!(settling.previous(longer, seconds(60), now), None);
        let later = now + seconds(61);
        assert_eq!(settling.previous(longer, seconds(60), later), None);
        assert_eq!(
            settling.previous(longer, seconds(3), later),
            Some(seconds(3))
        );
    }
}
