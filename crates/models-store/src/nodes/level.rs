//! The level of a catalog. A program that does not support it can neither open the database nor
//! register nodes.
//!
//! A change that older programs cannot enforce raises the level in its own transaction. It is
//! refused while a node of a lower level is registered. Programs from before levels existed write
//! no level into their row. The raise drops the column's default, so that their registration fails.

use models_core::{Level, RepositoryError};
use sqlx::{AssertSqlSafe, Executor, Postgres, Sqlite, SqlitePool};

use super::table::node_columns;
use crate::database::{Connection, Connections, Driver, Transaction};

const LIST_LOWER: &str = "SELECT id FROM nodes WHERE level < $1 ORDER BY id";

/// Between the check and the commit no node can register or renew. The wait for the lock delays
/// renewals, so it ends long before the shortest lease.
const LOCK_NODES: &str = "SET LOCAL lock_timeout = '1s'; LOCK TABLE nodes IN ACCESS EXCLUSIVE MODE";
/// Keeps programs that write no level from registering.
pub(crate) const DROP_LEVEL_DEFAULT: &str = "ALTER TABLE nodes ALTER COLUMN level DROP DEFAULT";

/// A database whose nodes' level can be raised.
pub(crate) trait RaiseLevel: Driver {
    /// Prevents nodes of a lower level from registering once this transaction commits. Returns the
    /// ids of registered nodes of a lower level; if there are any, nothing changes.
    fn raise_level(
        connection: &mut Connection<Self>,
        nodes: &Connections<Self>,
        level: Level,
    ) -> impl Future<Output = Result<Vec<String>, RepositoryError>> + Send;
}

impl RaiseLevel for Postgres {
    async fn raise_level(
        transaction: &mut Connection<Postgres>,
        _: &Connections<Postgres>,
        level: Level,
    ) -> Result<Vec<String>, RepositoryError> {
        transaction.execute(LOCK_NODES).await?;
        let lower = lower_nodes(transaction, level).await?;
        if lower.is_empty() {
            transaction.execute(DROP_LEVEL_DEFAULT).await?;
        }
        Ok(lower)
    }
}

impl RaiseLevel for Sqlite {
    /// Commits the nodes file first, while the transaction holds the catalog's turn. If the process
    /// dies between the two commits, older programs cannot register until another process opens the
    /// database. The other order would let them in.
    async fn raise_level(
        _: &mut Connection<Sqlite>,
        nodes: &Connections<Sqlite>,
        level: Level,
    ) -> Result<Vec<String>, RepositoryError> {
        let mut transaction = Transaction::begin(nodes, "BEGIN IMMEDIATE").await?;
        let lower = lower_nodes(transaction.connection(), level).await?;
        if lower.is_empty() {
            let has_levels: Vec<(i64,)> =
                transaction.connection().fetch(HAS_LEVELS, vec![]).await?;
            let has_levels = has_levels.first().is_some_and(|(count,)| *count > 0);
            transaction
                .connection()
                .execute(rebuild(has_levels, level))
                .await?;
            transaction.commit(None).await?;
        } else {
            transaction.roll_back().await?;
        }
        Ok(lower)
    }
}

async fn lower_nodes<DB: Driver>(
    connection: &mut Connection<DB>,
    level: Level,
) -> Result<Vec<String>, RepositoryError> {
    let rows: Vec<(String,)> = connection.fetch(LIST_LOWER, vec![level.0.into()]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Creates the table `nodes` in the file beside a SQLite database, or brings it to the catalog's
/// level.
pub(crate) async fn prepare_nodes_file(
    database: &SqlitePool,
    nodes: &SqlitePool,
) -> Result<(), sqlx::Error> {
    const LEVEL: &str = "SELECT level FROM catalog";
    let level: i64 = sqlx::query_scalar(LEVEL).fetch_one(database).await?;
    if is_at(nodes, Level(level)).await? {
        return Ok(());
    }
    // This takes both locks in the order of a raise, so that neither sees the other half-done.
    let mut turn = database.begin_with("BEGIN IMMEDIATE").await?;
    let level: i64 = sqlx::query_scalar(LEVEL).fetch_one(&mut *turn).await?;
    let mut transaction = nodes.begin_with("BEGIN IMMEDIATE").await?;
    if !is_at(&mut *transaction, Level(level)).await? {
        let has_levels: i64 = sqlx::query_scalar(HAS_LEVELS)
            .fetch_one(&mut *transaction)
            .await?;
        // The text consists of constants and a number.
        let rebuild = AssertSqlSafe(rebuild(has_levels > 0, Level(level)));
        transaction.execute(rebuild).await?;
    }
    transaction.commit().await?;
    turn.rollback().await
}

/// Whether the table exists in the form that this level requires.
async fn is_at(
    connection: impl Executor<'_, Database = Sqlite>,
    level: Level,
) -> Result<bool, sqlx::Error> {
    const DEFINITION: &str =
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'nodes'";
    let definition: Option<String> = sqlx::query_scalar(DEFINITION)
        .fetch_optional(connection)
        .await?;
    Ok(definition.is_some_and(|sql| sql.contains(&level_column(level))))
}

/// At the first level, programs that write no level may register. At a higher level neither these
/// nor programs of a lower level may register.
fn level_column(level: Level) -> String {
    if level <= Level::FIRST {
        "level INTEGER NOT NULL DEFAULT 0".to_owned()
    } else {
        format!("level INTEGER NOT NULL CHECK (level >= {level})")
    }
}

/// Whether the table has levels; a table that an older program created has none.
pub(crate) const HAS_LEVELS: &str =
    "SELECT count(*) FROM pragma_table_info('nodes') WHERE name = 'level'";

/// Builds the statements that create the table again with its rows: SQLite cannot drop a column's
/// default.
pub(crate) fn rebuild(has_levels: bool, level: Level) -> String {
    /// The columns of the table in PostgreSQL's migrations, without the level.
    const COLUMNS: &str = "id TEXT NOT NULL PRIMARY KEY, epoch TEXT NOT NULL, \
        applied_revision INTEGER NOT NULL, renewal INTEGER NOT NULL, lease_ms INTEGER NOT NULL";
    const NAMES: &str = node_columns!(all, [", "] [*]);
    let old = if has_levels { "level" } else { "0" };
    format!(
        "CREATE TABLE IF NOT EXISTS nodes ({COLUMNS}) STRICT; \
        CREATE TABLE nodes_anew ({COLUMNS}, {}) STRICT; \
        INSERT INTO nodes_anew ({NAMES}, level) SELECT {NAMES}, {old} FROM nodes WHERE {old} >= {}; \
        DROP TABLE nodes; ALTER TABLE nodes_anew RENAME TO nodes",
        level_column(level),
        if level <= Level::FIRST { 0 } else { level.0 },
    )
}

#[cfg(test)]
mod tests;
