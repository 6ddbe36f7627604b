//! Creates the nodes file.

use std::path::Path;
use std::{fs, io};

use models_core::Level;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use uuid::Uuid;

use super::inspection::{Found, Mark, mark_columns};
use crate::files::beside;
use crate::nodes::level::{HAS_LEVELS, rebuild};

const CREATE: &str = "CREATE TABLE nodes_file (singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1), \
    id TEXT NOT NULL, file TEXT NOT NULL, database_file TEXT NOT NULL, boot TEXT NOT NULL, made_at INTEGER) STRICT";
const INSERT: &str = concat!(
    "INSERT INTO nodes_file (",
    mark_columns!([", "] [*]),
    ", singleton) VALUES (",
    mark_columns!(values),
    ", 1)"
);

/// Makes room for a new file. A damaged file is kept under another name, any other file is removed.
pub(super) fn put_aside(path: &Path, found: &Found) -> io::Result<()> {
    match found {
        Found::Missing => {}
        Found::Damaged(reason) => {
            let seconds = std::time::SystemTime::UNIX_EPOCH
                .elapsed()
                .unwrap_or_default()
                .as_secs();
            let aside = beside(
                path,
                &format!(".damaged-{seconds}-{}", Uuid::now_v7().simple()),
            );
            fs::rename(path, &aside)?;
            tracing::error!(file = %path.display(), kept_as = %aside.display(), reason,
                "the nodes file is damaged; creating a new one; deletions and revocations take a whole lease until one lease has passed");
        }
        Found::Unmarked | Found::Marked(_) => {
            tracing::info!(file = %path.display(), "the nodes file is outdated; creating a new one");
            fs::remove_file(path)?;
        }
    }
    for suffix in ["-wal", "-shm", "-journal"] {
        match fs::remove_file(beside(path, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Writes the mark in one transaction. A process that is killed leaves the file unchanged, and
/// older nodes neither lose a row nor fail to renew one meanwhile.
pub(super) async fn write_mark(
    connection: &mut SqliteConnection,
    mark: &Mark,
    level: Level,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let has_levels: i64 = sqlx::query_scalar(HAS_LEVELS)
        .fetch_one(&mut *transaction)
        .await?;
    // The text consists of constants and a number.
    let rebuild = AssertSqlSafe(rebuild(has_levels > 0, level));
    transaction.execute(rebuild).await?;
    transaction.execute(CREATE).await?;
    sqlx::query(INSERT)
        .bind(&mark.id)
        .bind(&mark.file)
        .bind(&mark.database_file)
        .bind(&mark.boot)
        .bind(mark.made_at)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}
