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
    let late = |_| OpenError::Timeout {
        location: location.clone(),
        timeout: options.connect_timeout,
    };
    let connecting = async {
        let (mut connection, encryption) = encryption::connect(&connect).await?;
        for settings in [SETTINGS, SETTINGS_FOR_FILLING] {
            connection.execute(settings).await?;
        }
        let found = last_migration(&mut connection).await?;
        Ok((connection, encryption, found))
    };
    let connected = timeout(options.connect_timeout, connecting).await;
    let (connection, encryption, found) = connected.map_err(late)?.map_err(unreachable)?;
    let known = newest(&MIGRATOR);
    if let Some(found) = found.filter(|found| *found < known) {
        return Err(OpenError::Older {
            location,
            found,
            known,
        });
    }
    let options = Options {
        create: true,
        ..options
    };
    prepare(&connect, &location, options).await?;
    Ok((connection, location, encryption))
}

/// The last migration of a database with tables.
async fn last_migration(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    let has_tables: bool = sqlx::query_scalar(HAS_TABLES)
        .fetch_one(&mut *connection)
        .await?;
    if !has_tables {
        return Ok(None);
    }
    let last: Option<i64> = sqlx::query_scalar(LAST_MIGRATION)
        .fetch_one(connection)
        .await?;
    Ok(Some(last.unwrap_or(0)))
}
