//! The row of the table `catalog`: where the log ends, which level a program must support, and the lease.

use models_core::{CatalogState, Epoch, Leases, Level, Position, RepositoryError, Revision};
use sqlx_macros::FromRow;

use crate::database::{Connection, Dialect, duration};

/// Returns the id of the file that holds the nodes' rows.
pub(crate) const NODES_FILE: &str = "SELECT nodes_file FROM catalog";

/// The row, as it is stored.
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
    /// Refuses a server that is a standby, and a level above the supported one.
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

/// The catalog's row, as this connection sees it.
pub(crate) async fn catalog<DB: Dialect>(
    connection: &mut Connection<DB>,
    supported: Level,
) -> Result<CatalogState, RepositoryError> {
    fetch_catalog(connection, DB::POSITION, supported).await
}

/// The catalog's row, which this statement returns.
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

/// The newest position, as this connection sees it.
pub(crate) async fn position<DB: Dialect>(
    connection: &mut Connection<DB>,
    supported: Level,
) -> Result<Position, RepositoryError> {
    let catalog = catalog(connection, supported).await?;
    Ok(catalog.position)
}

/// The table `catalog` is not as it must be.
pub(crate) fn no_catalog() -> RepositoryError {
    RepositoryError::Failed("the table catalog must hold exactly one row".into())
}
