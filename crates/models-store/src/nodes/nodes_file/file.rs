//! The file that a process has attached, and whether it may trust it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use models_core::RepositoryError;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Executor, SqlitePool};

use crate::database::since_boot;
use crate::files::{Fate, FileSet, beside};

/// The file that this process has attached, and the database that it belongs to.
pub(crate) struct NodesFile {
    pub(super) path: PathBuf,
    pub(super) database: PathBuf,
    /// As they were opened.
    pub(super) database_files: FileSet,
    pub(super) writer: SqlitePool,
    /// Is never used. As long as it is open, no process removes the write-ahead log.
    pub(super) anchor: tokio::sync::Mutex<Option<SqliteConnection>>,
    pub(super) busy_timeout: Duration,
    pub(super) attached: Mutex<Option<Attached>>,
}

/// The file that counts, when this process last looked.
#[derive(Clone)]
pub(super) struct Attached {
    pub(super) id: String,
    /// The files that the connection has open.
    pub(super) files: FileSet,
    /// When it came to count, from the start of the machine; zero where no earlier file did.
    pub(super) made_at: Duration,
    /// Connections that are older have another file open.
    pub(super) since: Instant,
}

impl NodesFile {
    /// For the database at this path, which these connections have open.
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

    /// How the file is opened.
    pub(crate) fn connect_options(&self) -> SqliteConnectOptions {
        // A long change of the database does not lock the rows. A full disk does not stop them: the few pages of this
        // log are overwritten in their place. Nothing waits for the disk, since no node outlives its machine.
        SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(false)
            .busy_timeout(self.busy_timeout)
            .journal_mode(SqliteJournalMode::Wal)
            // So that a row stays where the log is removed.
            .pragma("wal_autocheckpoint", "1")
            .synchronous(SqliteSynchronous::Off)
    }

    /// Ends the connection that keeps the write-ahead log.
    pub(crate) async fn close(&self) {
        if let Some(anchor) = self.anchor.lock().await.take() {
            // Nothing was done on it that could be lost.
            let _ = anchor.close().await;
        }
    }

    /// Refuses to go on with a database that is not in its place any more.
    pub(crate) fn check_database(&self) -> Result<(), RepositoryError> {
        let fate = self.database_files.fate(&self.database);
        if fate == Fate::InPlace {
            return Ok(());
        }
        let reason = format!(
            "the database file {} {fate} while it was in use; nothing is read from it or written to it any more; put the \
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

    /// What has become of the attached file.
    pub(crate) fn fate(&self) -> Fate {
        match self.attached() {
            Some(attached) => attached.files.fate(&self.path),
            None => Fate::Removed,
        }
    }

    /// Why the attached file is not the one that counts; `in_catalog` is the id that the catalog holds. None if it is.
    pub(crate) fn refusal(&self, in_catalog: &str) -> Option<String> {
        let shown = self.path.display();
        match (self.fate(), self.attached()) {
            (Fate::InPlace, Some(attached)) if attached.id == in_catalog => None,
            (Fate::InPlace, _) => Some(format!(
                "the file {shown}, which holds the nodes' rows, is not the one that the database names"
            )),
            (fate, _) => Some(format!(
                "the file {shown}, which holds the nodes' rows, {fate}"
            )),
        }
    }

    /// Refuses rows that do not count, and those beside which there may be nodes with a lease of at most this length.
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

    /// Whether every lease that was taken under an earlier file has run out.
    fn is_settled(&self, lease: Duration) -> bool {
        self.attached().is_some_and(|attached| {
            attached.made_at.is_zero() || since_boot() > attached.made_at + lease
        })
    }

    /// Whether a connection has another file open than the attached one.
    pub(crate) fn is_stale(&self, connection: &PoolConnectionMetadata) -> bool {
        let attached = self.attached();
        attached.is_none_or(|attached| connection.age > attached.since.elapsed())
    }

    /// Called for each new connection: remembers which files it has open.
    pub(crate) async fn connected(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        // Before the first statement that reads, only the main file is open.
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

/// A file that another process has moved meanwhile.
pub(super) fn moved(path: &Path) -> io::Error {
    io::Error::other(format!("{} was removed or replaced", path.display()))
}
