//! A copy of a SQLite database that is in use.

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

/// Why there is no copy, in a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A server's database.
    #[error("PostgreSQL is backed up with its own pg_dump, or by archiving its log")]
    NotSqlite,
    /// The database's own URL is none.
    #[error(transparent)]
    Url(#[from] OpenError),
    /// There is a file already, and it is left as it is.
    #[error("there is a file {} already", .0.display())]
    Exists(PathBuf),
    /// The file cannot be made there.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The database cannot be read, or the copy not written.
    #[error("the copy cannot be made: {0}")]
    Database(#[from] sqlx::Error),
}

/// Writes a copy of the SQLite database at this URL to a file that is not there yet: as it is at one
/// moment, while others read and change it, and on the disk when this is done. The copy has a history
/// of its own (an epoch), so that nobody takes what comes after it for what came after the original's, and no nodes.
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
    // So that it is this process's alone.
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

/// Gives the file its name, unless another one has it, and sees to it that the disk has both.
fn keep(partial: &Path, to: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    fs::hard_link(partial, to)?;
    let directory = to.parent().filter(|path| !path.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
