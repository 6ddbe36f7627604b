//! Inspects the nodes file before a process trusts it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use sqlx_macros::FromRow;

use crate::database::boot_id;

/// The columns of the table `nodes_file`, which has one row.
macro_rules! mark_columns {
    ($($form:tt)*) => {
        $crate::database::columns!($($form)* => id file database_file boot made_at)
    };
}
pub(super) use mark_columns;

const FIND_TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('nodes', 'nodes_file') ORDER BY name";
const FIND_MARK: &str = concat!("SELECT ", mark_columns!([", "] [*]), " FROM nodes_file");

/// The result of an inspection.
pub(super) enum Found {
    Missing,
    /// The file is damaged, for this reason.
    Damaged(String),
    /// A version of this program that wrote no mark created the file.
    Unmarked,
    Marked(Mark),
}

/// The mark of a nodes file, which identifies it.
#[derive(FromRow)]
pub(super) struct Mark {
    pub(super) id: String,
    /// The device and inode of the file.
    pub(super) file: String,
    /// The device and inode of the database's file.
    pub(super) database_file: String,
    /// The machine's boot at the creation; empty if it is unknown.
    pub(super) boot: String,
    /// The nanoseconds since boot at which the file began to count; 0 if there was no file before
    /// it.
    pub(super) made_at: Option<i64>,
}

impl Mark {
    /// Whether the machine has booted since the creation. An unknown boot may be the current one.
    pub(super) fn is_of_an_earlier_boot(&self) -> bool {
        !self.boot.is_empty() && !boot_id().is_empty() && self.boot != boot_id()
    }
}

pub(super) async fn inspect(path: &Path, busy_timeout: Duration) -> Result<Found, sqlx::Error> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Missing),
        Err(error) => return Err(error.into()),
        Ok(found) if !found.is_file() => {
            return Ok(Found::Damaged("it is not a regular file".to_owned()));
        }
        Ok(_) => {}
    }
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(busy_timeout);
    let found = match connect.connect().await {
        Ok(mut connection) => {
            let found = read(&mut connection).await;
            // The connection is closed before the file is moved, because closing it removes the
            // log.
            let closed = connection.close().await;
            found.and_then(|found| closed.map(|()| found))
        }
        Err(error) => Err(error),
    };
    match found {
        Err(error) if is_damage(&error) => Ok(Found::Damaged(error.to_string())),
        found => found,
    }
}

async fn read(connection: &mut SqliteConnection) -> Result<Found, sqlx::Error> {
    let check: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *connection)
        .await?;
    if check != "ok" {
        return Ok(Found::Damaged(check));
    }
    let tables: Vec<String> = sqlx::query_scalar(FIND_TABLES)
        .fetch_all(&mut *connection)
        .await?;
    match tables.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["nodes"] => Ok(Found::Unmarked),
        ["nodes", "nodes_file"] => {
            let mark = sqlx::query_as(FIND_MARK).fetch_one(connection).await?;
            Ok(Found::Marked(mark))
        }
        _ => Ok(Found::Damaged("its tables are missing".to_owned())),
    }
}

/// Whether the file itself is damaged. Faults of the disk, permissions and other processes are no
/// damage.
fn is_damage(error: &sqlx::Error) -> bool {
    /// SQLite's code for a truncated file.
    const SHORT_READ: u32 = 522;
    if let Some(error) = error.as_database_error() {
        let code: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(0);
        // The codes mean: a statement does not fit the tables, the file is malformed, the file is
        // not a database.
        return code == SHORT_READ || matches!(code & 0xff, 1 | 11 | 26);
    }
    matches!(
        error,
        sqlx::Error::RowNotFound
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
    )
}
