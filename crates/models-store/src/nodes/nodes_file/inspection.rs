//! Looking at the file with the nodes' rows, before it is trusted.

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

/// What is at the path.
pub(super) enum Found {
    Missing,
    /// Why it cannot be what it must be.
    Damaged(String),
    /// A file that a version of this program made which wrote no mark.
    Unmarked,
    Marked(Mark),
}

/// What a file says of itself.
#[derive(FromRow)]
pub(super) struct Mark {
    pub(super) id: String,
    /// Which file it is.
    pub(super) file: String,
    /// Which file the database is.
    pub(super) database_file: String,
    /// The machine's boot in which it was made; empty where that cannot be known.
    pub(super) boot: String,
    /// When it came to count, in nanoseconds from the start of the machine; 0 where no earlier file did.
    pub(super) made_at: Option<i64>,
}

impl Mark {
    /// Whether the machine was started since. A boot that is not known may be the present one.
    pub(super) fn is_of_an_earlier_boot(&self) -> bool {
        !self.boot.is_empty() && !boot_id().is_empty() && self.boot != boot_id()
    }
}

pub(super) async fn inspect(path: &Path, busy_timeout: Duration) -> Result<Found, sqlx::Error> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Missing),
        Err(error) => return Err(error.into()),
        Ok(found) if !found.is_file() => return Ok(Found::Damaged("it is no file".to_owned())),
        Ok(_) => {}
    }
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(busy_timeout);
    let found = match connect.connect().await {
        Ok(mut connection) => {
            let found = read(&mut connection).await;
            // Closed before anything is done with the file, for SQLite removes the log when it closes it.
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

/// Whether the file itself is at fault, and not the disk, its permissions or another process.
fn is_damage(error: &sqlx::Error) -> bool {
    /// SQLite's code for a file that is shorter than it must be.
    const SHORT_READ: u32 = 522;
    if let Some(error) = error.as_database_error() {
        let code: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(0);
        // Malformed, no database, and a statement of ours that does not fit its tables.
        return code == SHORT_READ || matches!(code & 0xff, 1 | 11 | 26);
    }
    matches!(
        error,
        sqlx::Error::RowNotFound
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
    )
}
