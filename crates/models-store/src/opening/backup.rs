//! Backups of a SQLite database that is in use.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::options::DatabaseKind;
use super::sqlite;
use crate::database::OpenError;
use crate::files::{FILE_MODE, create};

/// The reason why a backup failed, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is on a PostgreSQL server.
    #[error("this command backs up SQLite only; use pg_dump or log archiving for PostgreSQL")]
    NotSqlite,
    /// The database's URL is invalid.
    #[error(transparent)]
    Url(#[from] OpenError),
    /// The target exists, and stays unchanged.
    #[error("there is a file {} already", .0.display())]
    Exists(PathBuf),
    /// The target cannot be created.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The database cannot be read, or the copy cannot be written.
    #[error("the copy cannot be made: {0}")]
    Database(#[from] sqlx::Error),
}

/// Writes a copy of the SQLite database at this URL to a new file. The copy holds the state of one
/// moment, other processes can read and write meanwhile, and the copy is on the disk on return.
///
/// The copy gets its own epoch, so that no client takes later changes of the copy for changes of
/// the original. It has no nodes.
pub async fn back_up(url: &str, to: &Path) -> Result<(), BackupError> {
    if DatabaseKind::of(url)? != DatabaseKind::Sqlite {
        return Err(BackupError::NotSqlite);
    }
    let failed = |path: &Path, source| match source {
        source if io::Error::kind(&source) == io::ErrorKind::AlreadyExists => {
            BackupError::Exists(path.to_owned())
        }
        source => BackupError::File {
            path: path.to_owned(),
            source,
        },
    };
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let mut partial = OsString::from(to);
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    // Only this process writes a file that it created.
    if !create(&partial, FILE_MODE).map_err(|error| failed(&partial, error))? {
        return Err(BackupError::Exists(partial));
    }
    let made = copy(url, &partial).await;
    let kept = made.and_then(|()| keep(&partial, to).map_err(|error| failed(to, error)));
    fs::remove_file(&partial).map_err(|error| failed(&partial, error))?;
    kept
}

async fn copy(url: &str, to: &Path) -> Result<(), BackupError> {
    let mut database = sqlite::reading(url)?.connect().await?;
    sqlx::query("VACUUM INTO ?")
        .bind(to.to_string_lossy())
        .execute(&mut database)
        .await?;
    database.close().await?;
    let mut copy = SqliteConnectOptions::new().filename(to).connect().await?;
    sqlx::query("UPDATE catalog SET epoch = lower(hex(randomblob(16))), nodes_file = ''")
        .execute(&mut copy)
        .await?;
    Ok(copy.close().await?)
}

/// Gives the file its name, unless a file with that name exists, and syncs both to the disk.
fn keep(partial: &Path, to: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::hard_link(partial, to)?;
    let directory = to.parent().filter(|path| !path.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
