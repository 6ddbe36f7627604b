//! The lease in force, which the catalog sets for all its processes.
//!
//! The crate `models-node` documents what the lease means for nodes and barriers.

use std::time::Duration;

use async_trait::async_trait;
use models_core::{Change, LeaseRepository, Leases, Level, Origin, RepositoryError};

use crate::catalog::{Backend, Database, Mutation, SqlStore, catalog};
use crate::database::{Deadline, duration, milliseconds};

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
        Ok(self.read_catalog().await?.leases)
    }

    async fn set(&self, lease: Duration, origin: Origin) -> Result<Leases, RepositoryError> {
        let lease = Duration::from_secs(lease.as_secs());
        let store = self.clone();
        self.run(async move {
            let mut mutation = Mutation::begin(&store, origin).await?;
            // The rows are read after the wait for the turn, which may have taken seconds.
            let longest_lease_in_rows = store.longest_lease_in_rows().await?;
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
                previous: before.map_or(longest_lease_in_rows.max(lease), |leases| {
                    leases.of_barriers()
                }),
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

impl<DB: Backend> Database<DB> {
    /// The leases of the catalog. If it has none yet, this puts the process's setting in force. The
    /// previous lease is then the longest lease of the running nodes, which are of an older
    /// version.
    pub(crate) async fn put_lease_in_force(&self) -> Result<Leases, RepositoryError> {
        let previous = self.longest_lease_in_rows().await?.max(self.lease);
        let values = vec![
            milliseconds(self.lease).into(),
            milliseconds(previous).into(),
        ];
        let (writer, level) = (self.writer.clone(), self.level);
        self.run(async move {
            // A connection for reading could reach a server that was replaced and takes no writes.
            let mut connection = writer.acquire(Deadline::STATEMENT).await?;
            if let Some(leases) = catalog(&mut connection, level).await?.leases {
                return Ok(leases);
            }
            connection.fetch::<(i64,)>(SET_FIRST, values).await?;
            let leases = catalog(&mut connection, level).await?.leases;
            leases.ok_or_else(|| RepositoryError::Failed("the catalog has no lease".into()))
        })
        .await
    }

    /// The longest lease of a node whose row the barrier cannot read.
    pub(crate) async fn longest_lease(
        &self,
        leases: Option<Leases>,
    ) -> Result<Duration, RepositoryError> {
        match leases {
            Some(leases) => Ok(leases.of_barriers()),
            // All running nodes are of older versions. Only their rows say how long they may serve.
            None => Ok(self.longest_lease_in_rows().await?.max(self.lease)),
        }
    }

    /// The longest lease in the nodes' rows; zero if there are none.
    pub(crate) async fn longest_lease_in_rows(&self) -> Result<Duration, RepositoryError> {
        let rows: Vec<(i64,)> = self.nodes_statement(LONGEST, vec![]).await?;
        Ok(duration(rows.first().map_or(0, |(lease_ms,)| *lease_ms)))
    }

    /// Replaces the previous lease, unless the catalog's leases differ from `leases`.
    pub(crate) async fn replace_previous_lease(
        &self,
        leases: Leases,
        previous: Duration,
    ) -> Result<(), RepositoryError> {
        let values = vec![
            milliseconds(previous).into(),
            milliseconds(leases.in_force).into(),
            milliseconds(leases.previous).into(),
            leases.changed_at.0.into(),
        ];
        let writer = self.writer.clone();
        self.run(async move {
            let mut connection = writer.acquire(Deadline::STATEMENT).await?;
            connection.fetch::<(i64,)>(SETTLE, values).await.map(drop)
        })
        .await
    }
}
