//! The nodes file that a process has attached, and the check whether it may trust it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use models_core::RepositoryError;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor, SqlitePool};

use crate::database::since_boot;
use crate::files::{FileSet, FileState, beside};

/// The nodes file of this process, and the database that it belongs to.
pub(crate) struct NodesFile {
    pub(super) path: PathBuf,
    pub(super) database: PathBuf,
    /// The database's files as they were opened.
    pub(super) database_files: FileSet,
    pub(super) writer: SqlitePool,
    /// A connection that runs no statements. While it is open, no process removes the write-ahead
    /// log.
    pub(super) anchor: tokio::sync::Mutex<Option<SqliteConnection>>,
    pub(super) busy_timeout: Duration,
    pub(super) attached: Mutex<Option<Attached>>,
}

/// The file that counted when this process attached it.
#[derive(Clone)]
pub(super) struct Attached {
    pub(super) id: String,
    /// The files that the connection has open.
    pub(super) files: FileSet,
    /// The time since boot at which the file began to count; zero if there was no file before it.
    pub(super) made_at: Duration,
    /// Older connections have another file open.
    pub(super) since: Instant,
}

impl NodesFile {
    /// The nodes file of the database at this path, which these connections have open.
    pub(crate) fn new(
        database: &Path,
        database_files: FileSet,
        writer: SqlitePool,
        anchor: SqliteConnection,
        busy_timeout: Duration,
    ) -> Self {
        Self {
            path: beside(database, "-nodes"),
            database: database.to_owned(),
            database_files,
            writer,
            anchor: tokio::sync::Mutex::new(Some(anchor)),
            busy_timeout,
            attached: Mutex::default(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The options for opening the file.
    pub(crate) fn connect_options(&self) -> SqliteConnectOptions {
        // In its own file, a long change of the database does not lock the rows. A full disk does
        // not stop renewals: SQLite overwrites the few pages of this log in place. Renewals do not
        // wait for the disk, since no node outlives its machine.
        SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(false)
            .busy_timeout(self.busy_timeout)
            .journal_mode(SqliteJournalMode::Wal)
            // With a checkpoint after each commit, the rows survive a removal of the log.
            .pragma("wal_autocheckpoint", "1")
            .synchronous(SqliteSynchronous::Off)
    }

    /// Closes the connection that keeps the write-ahead log.
    pub(crate) async fn close(&self) {
        if let Some(anchor) = self.anchor.lock().await.take() {
            // The connection has run no statement that a failure could lose.
            let _ = anchor.close().await;
        }
    }

    /// `Unavailable` if the database file is no longer in place.
    pub(crate) fn check_database(&self) -> Result<(), RepositoryError> {
        let state = self.database_files.state(&self.database);
        if state == FileState::InPlace {
            return Ok(());
        }
        let reason = format!(
            "the database file {} {state} while it was in use; the process no longer reads or writes it; put the \
             file back or restart this process",
            self.database.display()
        );
        Err(RepositoryError::Unavailable(reason.into()))
    }

    pub(super) fn attached(&self) -> Option<Attached> {
        self.attached
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The state of the attached file.
    pub(crate) fn state(&self) -> FileState {
        match self.attached() {
            Some(attached) => attached.files.state(&self.path),
            None => FileState::Removed,
        }
    }

    /// The reason why the attached file does not count; `in_catalog` is the id that the catalog
    /// holds. `None` if it counts.
    pub(crate) fn refusal(&self, in_catalog: &str) -> Option<String> {
        let shown = self.path.display();
        match (self.state(), self.attached()) {
            (FileState::InPlace, Some(attached)) if attached.id == in_catalog => None,
            (FileState::InPlace, _) => Some(format!(
                "the file {shown}, which holds the nodes' rows, is not the one that the database names"
            )),
            (state, _) => Some(format!(
                "the file {shown}, which holds the nodes' rows, {state}"
            )),
        }
    }

    /// `Unavailable` if the attached file does not count, or if there may be nodes, with a lease of
    /// at most this length, in an earlier file.
    pub(crate) fn check(&self, in_catalog: &str, lease: Duration) -> Result<(), RepositoryError> {
        let reason = match self.refusal(in_catalog) {
            None if self.is_settled(lease) => return Ok(()),
            None => format!(
                "the file {}, which holds the nodes' rows, was made less than a lease ago",
                self.path.display()
            ),
            Some(reason) => reason,
        };
        Err(RepositoryError::Unavailable(reason.into()))
    }

    /// Whether every lease from an earlier file has run out.
    fn is_settled(&self, lease: Duration) -> bool {
        self.attached().is_some_and(|attached| {
            attached.made_at.is_zero() || since_boot() > attached.made_at + lease
        })
    }

    /// Whether the connection has another file open than the attached one.
    pub(crate) fn is_stale(&self, connection: &PoolConnectionMetadata) -> bool {
        let attached = self.attached();
        attached.is_none_or(|attached| connection.age > attached.since.elapsed())
    }

    /// Records the files of a new connection.
    pub(crate) async fn connected(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        // SQLite opens only the main file before the first read.
        connection.execute("SELECT id FROM nodes_file").await?;
        let found = FileSet::at(&self.path)?;
        let mut attached = self.attached.lock().unwrap_or_else(PoisonError::into_inner);
        match (found, attached.as_mut()) {
            (Some(found), Some(attached)) if found.main == attached.files.main => {
                attached.files = found;
                Ok(())
            }
            _ => Err(moved(&self.path).into()),
        }
    }
}

/// The error for a file that another process has removed or replaced.
pub(super) fn moved(path: &Path) -> io::Error {
    io::Error::other(format!("{} was removed or replaced", path.display()))
}
