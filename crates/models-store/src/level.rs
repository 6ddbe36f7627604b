//! The level of a catalog: programs that do not support it neither open the database nor become nodes.
//!
//! A change that older programs cannot enforce raises the level in its own transaction, and is refused while a
//! node of a lower level is registered. Programs from before there were levels write none into their
//! row; the raise takes away the column's default, so that their registration fails.

use models_core::Level;
use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool, SqliteConnection, SqlitePool};

const LIST_LOWER: &str = "SELECT id FROM nodes WHERE level < $1 ORDER BY id";

/// No node registers or renews between the check and the commit. Waiting for the lock holds up renewals, so
/// it ends long before the shortest lease.
const LOCK_NODES: &str = "SET LOCAL lock_timeout = '1s'; LOCK TABLE nodes IN ACCESS EXCLUSIVE MODE";
const DROP_DEFAULT: &str = "ALTER TABLE nodes ALTER COLUMN level DROP DEFAULT";

pub(crate) async fn raise_on_postgres(
    transaction: &mut PgConnection,
    _: &PgPool,
    level: Level,
) -> Result<Vec<String>, sqlx::Error> {
    transaction.execute(LOCK_NODES).await?;
    let lower = sqlx::query_scalar(LIST_LOWER).bind(level.0);
    let lower: Vec<String> = lower.fetch_all(&mut *transaction).await?;
    if lower.is_empty() {
        transaction.execute(DROP_DEFAULT).await?;
    }
    Ok(lower)
}

/// The nodes' file is committed first, while the catalog's turn is held: if the process dies between the two
/// commits, older programs cannot register until another process opens the database; the other order
/// would let them in.
pub(crate) async fn raise_on_sqlite(
    _: &mut SqliteConnection,
    nodes: &SqlitePool,
    level: Level,
) -> Result<Vec<String>, sqlx::Error> {
    let mut transaction = nodes.begin_with("BEGIN IMMEDIATE").await?;
    let lower = sqlx::query_scalar(LIST_LOWER).bind(level.0);
    let lower: Vec<String> = lower.fetch_all(&mut *transaction).await?;
    if lower.is_empty() {
        rebuild(&mut transaction, level).await?;
        transaction.commit().await?;
    } else {
        transaction.rollback().await?;
    }
    Ok(lower)
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
        rebuild(&mut transaction, Level(level)).await?;
    }
    transaction.commit().await?;
    turn.rollback().await
}

/// Whether there is the table, as it must be at this level.
async fn is_at(
    connection: impl Executor<'_, Database = sqlx::Sqlite>,
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

/// SQLite cannot drop a column's default, so the table is made anew, with its rows.
async fn rebuild(transaction: &mut SqliteConnection, level: Level) -> Result<(), sqlx::Error> {
    /// The columns of the table in PostgreSQL's migrations, but for the level.
    const COLUMNS: &str = "id TEXT NOT NULL PRIMARY KEY, epoch TEXT NOT NULL, \
        applied_revision INTEGER NOT NULL, renewal INTEGER NOT NULL, lease_ms INTEGER NOT NULL";
    const NAMES: &str = "id, epoch, applied_revision, renewal, lease_ms";
    // What an older program made has no levels.
    const HAS_LEVELS: &str = "SELECT count(*) FROM pragma_table_info('nodes') WHERE name = 'level'";
    let has_levels: i64 = sqlx::query_scalar(HAS_LEVELS)
        .fetch_one(&mut *transaction)
        .await?;
    let old = if has_levels > 0 { "level" } else { "0" };
    let statements = format!(
        "CREATE TABLE IF NOT EXISTS nodes ({COLUMNS}) STRICT; \
        CREATE TABLE nodes_anew ({COLUMNS}, {}) STRICT; \
        INSERT INTO nodes_anew ({NAMES}, level) SELECT {NAMES}, {old} FROM nodes WHERE {old} >= {}; \
        DROP TABLE nodes; ALTER TABLE nodes_anew RENAME TO nodes",
        level_column(level),
        if level <= Level::FIRST { 0 } else { level.0 },
    );
    // Made of constants and a number.
    transaction.execute(AssertSqlSafe(statements)).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
