//! The nodes' rows.

use std::time::Duration;

use async_trait::async_trait;
use models_core::{
    CLOCK_MARGIN, CatalogState, Epoch, Leases, NodeRepository, NodeRow, Position, Renewal,
    RepositoryError, Revision,
};
use sqlx_macros::FromRow;

use super::table::node_columns;
use crate::catalog::{Backend, Database, catalog};
use crate::database::{Deadline, Record, Value, duration, milliseconds};

const REGISTER: &str = concat!(
    "INSERT INTO nodes (",
    node_columns!(all, [", "] [*]),
    ", level) VALUES (",
    node_columns!(all, values),
    ", $6)"
);
/// A renewal that arrives after a later one changes nothing.
const RENEW: &str = "UPDATE nodes SET epoch = $2, applied_revision = $3, renewal = $4, lease_ms = $5 \
    WHERE id = $1 AND renewal < $4 RETURNING renewal";
const REMOVE: &str = "DELETE FROM nodes WHERE id = $1";
const REMOVE_EXPIRED: &str = "DELETE FROM nodes WHERE id = $1 AND renewal = $2";
/// A withdrawal that arrives after the node has registered again removes nothing.
const WITHDRAW: &str = "DELETE FROM nodes WHERE id = $1 AND renewal <= $2";
const LIST: &str = concat!("SELECT ", node_columns!(all, [", "] [*]), " FROM nodes");

/// A row as the table holds it.
#[derive(FromRow)]
struct Row {
    id: String,
    renewal: i64,
    lease_ms: i64,
    epoch: String,
    applied_revision: i64,
}

impl From<Row> for NodeRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            renewal: row.renewal,
            lease: duration(row.lease_ms),
            applied: Position {
                epoch: Epoch(row.epoch),
                revision: Revision(row.applied_revision),
            },
        }
    }
}

/// The outcome of a renewal.
enum Renewed {
    Gone,
    At(CatalogState),
    /// The row is renewed, and another database holds the catalog.
    Elsewhere,
}

#[async_trait]
impl<DB: Backend> NodeRepository for Database<DB> {
    fn configured_lease(&self) -> Duration {
        self.lease
    }

    fn rest(&self) -> Option<Duration> {
        self.rest
    }

    fn time_since_read(&self) -> Duration {
        self.health.reads.age()
    }

    fn check_database(&self) -> Result<(), RepositoryError> {
        self.check_database_file()
    }

    fn has_registry_in_place(&self) -> bool {
        self.has_nodes_file_in_place()
    }

    async fn listen(&self) -> Result<(), RepositoryError> {
        DB::listen(&self.nodes, &self.committed, &self.observer).await
    }

    async fn committed(&self) {
        self.committed.notified().await;
    }

    async fn catalog(&self) -> Result<CatalogState, RepositoryError> {
        self.read_catalog().await
    }

    async fn enter_lease(&self) -> Result<Leases, RepositoryError> {
        self.put_lease_in_force().await
    }

    async fn settle_lease(
        &self,
        leases: Leases,
        previous: Duration,
    ) -> Result<(), RepositoryError> {
        self.replace_previous_lease(leases, previous).await
    }

    async fn register(&self, id: &str, lease: Duration) -> Result<(), RepositoryError> {
        self.attach_nodes_file().await?;
        let (epoch, revision) = stored_position(None);
        let values = vec![
            id.into(),
            0_i64.into(),
            milliseconds(lease).into(),
            epoch.into(),
            revision.0.into(),
            self.level.0.into(),
        ];
        self.change_nodes(REGISTER, values).await
    }

    async fn renew(&self, renewal: Renewal<'_>) -> Result<Option<CatalogState>, RepositoryError> {
        if !self.has_nodes_file_in_place() {
            self.is_nodes_file_lost().await?;
            return Ok(None);
        }
        let values = renewal_values(renewal);
        let (nodes, level) = (self.nodes.clone(), self.level);
        let renewed = self.run(async move {
            let mut connection = nodes.acquire(Deadline::RENEWAL).await?;
            let rows: Vec<(i64,)> = connection.fetch(RENEW, values).await?;
            Ok(match (rows.is_empty(), DB::HAS_NODES) {
                (true, _) => Renewed::Gone,
                (false, true) => Renewed::At(catalog(&mut connection, level).await?),
                (false, false) => Renewed::Elsewhere,
            })
        });
        match renewed.await? {
            Renewed::Gone => Ok(None),
            Renewed::At(catalog) => Ok(Some(catalog)),
            Renewed::Elsewhere => {
                let catalog = self.read_catalog().await?;
                // The check comes after the renewal and before the node takes the lease.
                Ok((!self.is_nodes_file_lost().await?).then_some(catalog))
            }
        }
    }

    async fn publish(&self, renewal: Renewal<'_>) -> Result<(), RepositoryError> {
        self.change_nodes(RENEW, renewal_values(renewal)).await
    }

    async fn remove(&self, id: &str) -> Result<(), RepositoryError> {
        self.change_nodes(REMOVE, vec![id.into()]).await
    }

    async fn withdraw(&self, id: &str, renewal: i64) -> Result<(), RepositoryError> {
        self.change_nodes(WITHDRAW, vec![id.into(), renewal.into()])
            .await
    }

    async fn remove_expired(&self, id: &str, renewal: i64) -> Result<(), RepositoryError> {
        self.change_nodes(REMOVE_EXPIRED, vec![id.into(), renewal.into()])
            .await
    }

    async fn list(&self) -> Result<Vec<NodeRow>, RepositoryError> {
        let rows: Vec<Row> = self.nodes_statement(LIST, vec![]).await?;
        Ok(rows.into_iter().map(NodeRow::from).collect())
    }

    async fn list_complete(&self, lease: Duration) -> Result<Vec<NodeRow>, RepositoryError> {
        let rows = self.list().await?;
        // The check comes after the read, because another file may have replaced this one
        // meanwhile.
        self.check_rows_are_complete(lease + CLOCK_MARGIN).await?;
        Ok(rows)
    }
}

impl<DB: Backend> Database<DB> {
    /// Whether the attached nodes file no longer counts. Logs the reason.
    async fn is_nodes_file_lost(&self) -> Result<bool, RepositoryError> {
        let refusal = self.refusal_of_nodes_file().await?;
        if let Some(reason) = &refusal {
            tracing::error!(reason, "this node gives up its lease");
        }
        Ok(refusal.is_some())
    }

    async fn change_nodes(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<(), RepositoryError> {
        self.nodes_statement::<(i64,)>(sql, values).await.map(drop)
    }

    /// Runs a statement on the nodes' rows.
    pub(crate) async fn nodes_statement<T: Record + 'static>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        let nodes = self.nodes.clone();
        self.run(async move {
            let mut connection = nodes.acquire(Deadline::RENEWAL).await?;
            connection.fetch(sql, values).await
        })
        .await
    }
}

/// The applied position in the form of the row. A node that has not read the event log has revision
/// -1.
fn stored_position(applied: Option<&Position>) -> (&str, Revision) {
    applied.map_or(("", Revision(-1)), |position| {
        (position.epoch.0.as_str(), position.revision)
    })
}

/// The values of the statement [`RENEW`].
fn renewal_values(renewal: Renewal<'_>) -> Vec<Value> {
    let (epoch, revision) = stored_position(renewal.applied);
    vec![
        renewal.id.into(),
        epoch.into(),
        revision.0.into(),
        renewal.number.into(),
        milliseconds(renewal.lease).into(),
    ]
}
