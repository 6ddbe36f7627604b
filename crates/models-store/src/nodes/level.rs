//! The level of a catalog: programs that do not support it neither open the database nor become nodes.
//!
//! A change that older programs cannot enforce raises the level in its own transaction, and is refused while a
//! node of a lower level is registered. Programs from before there were levels write none into their
//! row; the raise takes away the column's default, so that their registration fails.

use models_core::{Level, RepositoryError};
use sqlx::{AssertSqlSafe, Executor, Postgres, Sqlite, SqlitePool};

use super::table::node_columns;
use crate::database::{Connection, Connections, Driver, Transaction};

const LIST_LOWER: &str = "SELECT id FROM nodes WHERE level < $1 ORDER BY id";

/// No node registers or renews between the check and the commit. Waiting for the lock holds up renewals, so
/// it ends long before the shortest lease.
const LOCK_NODES: &str = "SET LOCAL lock_timeout = '1s'; LOCK TABLE nodes IN ACCESS EXCLUSIVE MODE";
const DROP_DEFAULT: &str = "ALTER TABLE nodes ALTER COLUMN level DROP DEFAULT";

/// Raising the level where nodes register.
pub(crate) trait RaiseLevel: Driver {
    /// Keeps nodes of a lower level from registering, from the commit of this transaction on, and
    /// returns the ids of those that are registered. Where there are any, nothing is changed.
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
            transaction.execute(DROP_DEFAULT).await?;
        }
        Ok(lower)
    }
}

impl RaiseLevel for Sqlite {
    /// The nodes' file is committed first, while the catalog's turn is held: if the process dies between the two
    /// commits, older programs cannot register until another process opens the database; the other order
    /// would let them in.
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

/// Makes the table `nodes` in the file beside a SQLite database, or brings it to the catalog's level.
pub(crate) async fn prepare_nodes_file(
    database: &SqlitePool,
    nodes: &SqlitePool,
) -> Result<(), sqlx::Error> {
    const LEVEL: &str = "SELECT level FROM catalog";
    let level: i64 = sqlx::query_scalar(LEVEL).fetch_one(database).await?;
    if is_at(nodes, Level(level)).await? {
        return Ok(());
    }
    // Both locks, in the order in which a raise takes them: neither sees the other half-way.
    let mut turn = database.begin_with("BEGIN IMMEDIATE").await?;
    let level: i64 = sqlx::query_scalar(LEVEL).fetch_one(&mut *turn).await?;
    let mut transaction = nodes.begin_with("BEGIN IMMEDIATE").await?;
    if !is_at(&mut *transaction, Level(level)).await? {
        let has_levels: i64 = sqlx::query_scalar(HAS_LEVELS)
            .fetch_one(&mut *transaction)
            .await?;
        // Made of constants and a number.
        let rebuild = AssertSqlSafe(rebuild(has_levels > 0, Level(level)));
        transaction.execute(rebuild).await?;
    }
    transaction.commit().await?;
    turn.rollback().await
}

/// Whether there is the table, as it must be at this level.
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

/// At the first level, programs that write no level may register. At a higher one neither those may nor the
/// programs that support only a lower one.
fn level_column(level: Level) -> String {
    if level <= Level::FIRST {
        "level INTEGER NOT NULL DEFAULT 0".to_owned()
    } else {
        format!("level INTEGER NOT NULL CHECK (level >= {level})")
    }
}

/// Whether the table has levels; what an older program made has none.
pub(crate) const HAS_LEVELS: &str =
    "SELECT count(*) FROM pragma_table_info('nodes') WHERE name = 'level'";

/// SQLite cannot drop a column's default, so these statements make the table anew, with its rows.
pub(crate) fn rebuild(has_levels: bool, level: Level) -> String {
    /// The columns of the table in PostgreSQL's migrations, but for the level.
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
