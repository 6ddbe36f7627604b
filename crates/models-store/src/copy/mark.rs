//! The mark of a source whose catalog was moved.
//!
//! The mark is the target's location in the catalog's row. It also raises the level above the level
//! of every program, because a process that has the database open does not look for a mark: each of
//! its changes and each of its node's reads looks at the level.

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

use super::error::CopyError;
use crate::database::OpenError;
use crate::opening::{DatabaseKind, path_of_file, writing};

/// Marks the catalog. `$2` is [`LEVELS`].
pub(super) const MARK: &str = "UPDATE catalog SET moved_to = $1, level = level + $2";
/// Removes the mark. `$1` is [`LEVELS`].
const UNMARK: &str = "UPDATE catalog SET moved_to = '', level = level - $1";
/// Finds the mark.
pub(super) const FIND: &str = "SELECT moved_to FROM catalog";
/// Databases from before version 0.2 have no mark.
const HAS_MARK: &str = "SELECT count(*) FROM pragma_table_info('catalog') WHERE name = 'moved_to'";

/// The levels that a mark adds. No program supports so many.
pub(super) const LEVELS: i64 = 1_000_000;

/// Removes the mark from the SQLite database at this URL. Returns the file, and the location of the
/// copy.
pub async fn undo_copy(url: &str) -> Result<(String, String), CopyError> {
    if DatabaseKind::of(url).map_err(CopyError::Source)? != DatabaseKind::Sqlite {
        return Err(CopyError::SourceIsServer);
    }
    let file = path_of_file(url).map_err(CopyError::Source)?;
    if !file.exists() {
        return Err(CopyError::Source(OpenError::NoDatabase(file)));
    }
    let location = file.display().to_string();
    match remove(&location).await? {
        Some(moved_to) => Ok((location, moved_to)),
        None => Err(CopyError::NotMoved(location)),
    }
}

/// Removes the mark from this file, and returns the location in it; `None` if there is no mark.
pub(super) async fn remove(file: &str) -> Result<Option<String>, CopyError> {
    let failed = |source| CopyError::Mark {
        location: file.to_owned(),
        source,
    };
    let connect = writing(SqliteConnectOptions::new().filename(file));
    let mut connection = connect.connect().await.map_err(failed)?;
    let removed = unmark(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    Ok(removed)
}

async fn unmark(connection: &mut SqliteConnection) -> Result<Option<String>, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let has_mark: i64 = sqlx::query_scalar(HAS_MARK)
        .fetch_one(&mut *transaction)
        .await?;
    if has_mark == 0 {
        return Ok(None);
    }
    let moved_to: String = sqlx::query_scalar(FIND)
        .fetch_one(&mut *transaction)
        .await?;
    if moved_to.is_empty() {
        return Ok(None);
    }
    sqlx::query(UNMARK)
        .bind(LEVELS)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Some(moved_to))
}
