//! The connection that fills an empty database.

use sqlx::Executor;
use sqlx::postgres::PgConnection;
use tokio::time::timeout;

use super::postgres::{HAS_TABLES, MIGRATOR, SETTINGS, prepare};
use crate::database::OpenError;
use crate::opening::encryption::{self, Encryption};
use crate::opening::location::location;
use crate::opening::options::Options;
use crate::opening::parameters;
use crate::opening::schema::newest;

/// A copy is one transaction. Between two tables, it waits for nothing but the source's disk.
const SETTINGS_FOR_FILLING: &str =
    "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = '10min'";

const LAST_MIGRATION: &str = "SELECT max(version) FROM _sqlx_migrations";

/// Connects outside the pools, to fill a database. Creates its tables if it has none. Fails for
/// tables of another version: a database with contents is not to be migrated by this. Returns the
/// connection, its location and its encryption.
pub(crate) async fn connect_to_fill(
    url: &str,
    options: Options,
) -> Result<(PgConnection, String, Encryption), OpenError> {
    let connect = parameters::parse(url)?;
    let location = location(&connect);
    let unreachable = |source| OpenError::Connect {
        location: location.clone(),
        source,
    };
    let connecting = timeout(options.connect_timeout, encryption::connect(&connect)).await;
    let connected = connecting.map_err(|_| OpenError::Timeout {
        location: location.clone(),
        timeout: options.connect_timeout,
    })?;
    let (mut connection, encryption) = connected.map_err(unreachable)?;
    let has_tables: (bool,) = sqlx::query_as(HAS_TABLES)
        .fetch_one(&mut connection)
        .await
        .map_err(unreachable)?;
    if has_tables.0 {
        let found: (Option<i64>,) = sqlx::query_as(LAST_MIGRATION)
            .fetch_one(&mut connection)
            .await
            .map_err(unreachable)?;
        let (found, known) = (found.0.unwrap_or(0), newest(&MIGRATOR));
        if found < known {
            return Err(OpenError::Older {
                location,
                found,
                known,
            });
        }
    }
    let options = Options {
        create: true,
        ..options
    };
    prepare(&connect, &location, options).await?;
    for settings in [SETTINGS, SETTINGS_FOR_FILLING] {
        connection.execute(settings).await.map_err(unreachable)?;
    }
    Ok((connection, location, encryption))
}
