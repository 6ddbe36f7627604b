//! The row of the table `catalog`: the end of the event log, the required level, and the lease.

use models_core::{CatalogState, Epoch, Leases, Level, Position, RepositoryError, Revision};
use sqlx_macros::FromRow;

use crate::database::{Connection, Dialect, duration};

/// Returns the id of the nodes file that counts.
pub(crate) const NODES_FILE: &str = "SELECT nodes_file FROM catalog";

/// The row as the table holds it.
#[derive(Clone, FromRow)]
pub(crate) struct CatalogRow {
    newest: i64,
    epoch: String,
    level: i64,
    level_version: String,
    lease_ms: i64,
    previous_lease_ms: i64,
    lease_revision: i64,
}

impl CatalogRow {
    /// Fails for a standby server, and for a level above the supported one.
    pub(crate) fn supported_by(self, supported: Level) -> Result<CatalogState, RepositoryError> {
        if self.epoch.is_empty() {
            return Err(RepositoryError::Unavailable(
                "the server is a standby".into(),
            ));
        }
        let level = Level(self.level);
        if level > supported {
            return Err(RepositoryError::Outdated {
                needed: level,
                supported,
                version: self.level_version,
            });
        }
        let leases = Leases {
            in_force: duration(self.lease_ms),
            previous: duration(self.previous_lease_ms),
            changed_at: Revision(self.lease_revision),
        };
        Ok(CatalogState {
            position: Position {
                epoch: Epoch(self.epoch),
                revision: Revision(self.newest),
            },
            level,
            leases: (self.lease_ms > 0).then_some(leases),
        })
    }
}

/// Reads the catalog's row on this connection.
pub(crate) async fn catalog<DB: Dialect>(
    connection: &mut Connection<DB>,
    supported: Level,
) -> Result<CatalogState, RepositoryError> {
    fetch_catalog(connection, DB::POSITION, supported).await
}

/// Runs a statement that returns the catalog's row.
pub(crate) async fn fetch_catalog<DB: Dialect>(
    connection: &mut Connection<DB>,
    sql: &'static str,
    supported: Level,
) -> Result<CatalogState, RepositoryError> {
    let rows: Vec<CatalogRow> = connection.fetch(sql, vec![]).await?;
    match <[_; 1]>::try_from(rows) {
        Ok([row]) => row.supported_by(supported),
        Err(_) => Err(no_catalog()),
    }
}

/// Reads the newest position on this connection.
pub(crate) async fn position<DB: Dialect>(
    connection: &mut Connection<DB>,
    supported: Level,
) -> Result<Position, RepositoryError> {
    let catalog = catalog(connection, supported).await?;
    Ok(catalog.position)
}

/// The error for a table `catalog` without exactly one row.
pub(crate) fn no_catalog() -> RepositoryError {
    RepositoryError::Failed("the table catalog must hold exactly one row".into())
}
