//! The file beside a SQLite database that holds the nodes' rows, and whether a process may trust it.
//!
//! The rows say who may serve from memory, so a barrier that reads a file which lacks a row concludes too early. A file can
//! be removed, replaced by a copy, or damaged, and two processes can have different ones. Therefore each file has an id,
//! and the table `catalog` holds the id of the one that counts. The file also says which file it is itself and which
//! database it belongs to (device and inode), since a copy has the same id. A process trusts a file only if all of this
//! fits ([`NodesFile::attach`]); otherwise it puts the file aside, makes a new one and writes its id into the catalog, all
//! in one transaction of the catalog, so that processes that start together make one file.
//!
//! **Why a barrier that returns early is right.** A change commits at *c*. Afterwards the barrier reads the rows of a
//! file G, then sees that G is in place and that the catalog holds G's id. Let a node hold a lease from a renewal that it
//! sent before *c* (a later one applies the change first). After each renewal, before it takes the lease, the node makes
//! the same check for its own file F. There are three cases:
//!
//! 1. F is G. The barrier finds the node's row.
//! 2. F is older than G. When the node made its check, F was in place and in the catalog, so G was not yet. The lease
//!    ends within a lease of that moment. [`is_settled`](NodesFile::is_settled) counts a lease from when G was in the catalog, and before
//!    it is over every barrier waits for a whole lease from its commit.
//! 3. F is newer than G. It came into the catalog after the barrier had looked, so after *c*. The node registered in it
//!    later still, and what it read then holds the change.
//!
//! A node whose file fails the check ends its lease and begins anew in the file that counts, with nothing in memory. A
//! database that fails it was removed or replaced: what is written to it is lost, so nothing is written to it any more,
//! and the node serves nothing until the file is back or the process is restarted.
//!
//! The time at which a file was made is of the clock that leases are counted on, and with it is the boot of the machine. No
//! node outlives its machine, so a file of an earlier boot is replaced at once and without waiting. SQLite is for the
//! processes of one kernel.

mod inspection;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io};

use models_core::{Level, RepositoryError};
use sqlx::pool::PoolConnectionMetadata;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqlitePool};
use uuid::Uuid;

use crate::boot::{boot_id, since_boot};
use crate::files::{self, Fate, FileId, FileSet, beside};
use crate::level;
use inspection::{Found, Mark};

const CREATE: &str = "CREATE TABLE nodes_file (singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1), \
    id TEXT NOT NULL, file TEXT NOT NULL, database_file TEXT NOT NULL, boot TEXT NOT NULL, made_at INTEGER) STRICT";
const INSERT: &str = "INSERT INTO nodes_file (singleton, id, file, database_file, boot, made_at) \
    VALUES (1, $1, $2, $3, $4, $5)";
/// Any process does it that finds a file whose maker did not get so far.
const SET_MADE_AT: &str = "UPDATE nodes_file SET made_at = coalesce(made_at, $1) RETURNING made_at";

const FIND_ID: &str = "SELECT nodes_file, revision, level FROM catalog";
const SET_ID: &str = "UPDATE catalog SET nodes_file = $1";

/// The file that this process has attached, and the database that it belongs to.
pub(crate) struct NodesFile {
    path: PathBuf,
    database: PathBuf,
    /// As they were opened.
    database_files: FileSet,
    writer: SqlitePool,
    /// Is never used. As long as it is open, no process removes the write-ahead log.
    anchor: tokio::sync::Mutex<Option<SqliteConnection>>,
    busy_timeout: Duration,
    attached: Mutex<Option<Attached>>,
}

/// The file that counts, when this process last looked.
#[derive(Clone)]
struct Attached {
    id: String,
    /// The files that the connection has open.
    files: FileSet,
    /// When it came to count, from the start of the machine; zero where no earlier file did.
    made_at: Duration,
    /// Connections that are older have another file open.
    since: Instant,
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

    fn attached(&self) -> Option<Attached> {
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

    /// Finds the file that counts, or makes it, and uses it from now on.
    pub(crate) async fn attach(&self) -> Result<(), sqlx::Error> {
        // Another process may be using the other log.
        let is_torn = self.attached().is_some() && self.fate() == Fate::LogGone;
        let mut turn = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        if self.check_database().is_err() {
            return Err(moved(&self.database).into());
        }
        let (in_catalog, revision, level): (String, i64, i64) =
            sqlx::query_as(FIND_ID).fetch_one(&mut *turn).await?;
        let found = inspection::inspect(&self.path, self.busy_timeout).await?;
        let fitting = match &found {
            Found::Marked(mark) if self.fits(mark, &in_catalog)? => Some(mark),
            Found::Missing | Found::Damaged(_) | Found::Unmarked | Found::Marked(_) => None,
        };
        if let Some(mark) = fitting
            && mark.boot == boot_id()
            && !is_torn
        {
            turn.rollback().await?;
            return self.settle(mark.id.clone()).await;
        }
        if let Found::Marked(mark) = &found
            && in_catalog.is_empty()
            && mark.boot == boot_id()
            && self.was_made_here(mark)?
            && !is_torn
        {
            // Its maker ended before the catalog named the file. Nodes may have their rows in it.
            sqlx::query(SET_ID)
                .bind(&mark.id)
                .execute(&mut *turn)
                .await?;
            turn.commit().await?;
            return self.settle(mark.id.clone()).await;
        }
        // No lease has been taken yet, or all were taken before the machine was started.
        let is_first = in_catalog.is_empty() && revision == 0;
        let is_settled = is_first || fitting.is_some_and(|mark| is_earlier_boot(&mark.boot));
        let id = Uuid::now_v7().simple().to_string();
        self.make(&id, &found, &in_catalog, is_settled, Level(level))
            .await?;
        sqlx::query(SET_ID).bind(&id).execute(&mut *turn).await?;
        turn.commit().await?;
        self.settle(id).await
    }

    /// Whether it is the file that the catalog names, and no copy.
    fn fits(&self, mark: &Mark, in_catalog: &str) -> io::Result<bool> {
        Ok(mark.id == in_catalog && self.was_made_here(mark)?)
    }

    /// Whether the file was made under this name, for this database.
    fn was_made_here(&self, mark: &Mark) -> io::Result<bool> {
        let file = FileId::at(&self.path)?.map(|file| file.to_string());
        Ok(Some(&mark.file) == file.as_ref()
            && mark.database_file == self.database_files.main.to_string())
    }

    /// Puts aside what is there, and makes a file with this id. Of the version before, the file is kept, with its rows.
    async fn make(
        &self,
        id: &str,
        found: &Found,
        in_catalog: &str,
        is_settled: bool,
        level: Level,
    ) -> Result<(), sqlx::Error> {
        let is_kept = matches!(found, Found::Unmarked) && in_catalog.is_empty();
        if !is_kept {
            self.put_aside(found)?;
            files::create_like(&self.path, &self.database)?;
        }
        let file = FileId::at(&self.path)?.ok_or_else(|| moved(&self.path))?;
        let mut connection = self.connect_options().connect().await?;
        let made_at = is_settled.then_some(Duration::ZERO);
        let mark = Mark {
            id: id.to_owned(),
            file: file.to_string(),
            database_file: self.database_files.main.to_string(),
            boot: boot_id().to_owned(),
            made_at: made_at.map(nanoseconds),
        };
        let made = write_mark(&mut connection, &mark, level).await;
        connection.close().await?;
        made
    }

    fn put_aside(&self, found: &Found) -> io::Result<()> {
        match found {
            Found::Missing => {}
            Found::Damaged(reason) => {
                let seconds = std::time::SystemTime::UNIX_EPOCH
                    .elapsed()
                    .unwrap_or_default()
                    .as_secs();
                let aside = beside(
                    &self.path,
                    &format!(".damaged-{seconds}-{}", Uuid::now_v7().simple()),
                );
                fs::rename(&self.path, &aside)?;
                tracing::error!(file = %self.path.display(), kept_as = %aside.display(), reason,
                    "the file with the nodes' rows is damaged; a new one is made, and deletions and revocations wait for a whole lease until one has passed");
            }
            Found::Unmarked | Found::Marked(_) => {
                tracing::info!(file = %self.path.display(), "the file with the nodes' rows is of an earlier time; a new one is made");
                fs::remove_file(&self.path)?;
            }
        }
        for suffix in ["-wal", "-shm", "-journal"] {
            match fs::remove_file(beside(&self.path, suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The catalog names the file: from this moment it counts.
    async fn settle(&self, id: String) -> Result<(), sqlx::Error> {
        let mut connection = self.connect_options().connect().await?;
        let now = nanoseconds(since_boot());
        let made_at: Result<i64, _> = sqlx::query_scalar(SET_MADE_AT)
            .bind(now)
            .fetch_one(&mut connection)
            .await;
        let files = FileSet::at(&self.path);
        connection.close().await?;
        let attached = Attached {
            id,
            files: files?.ok_or_else(|| moved(&self.path))?,
            made_at: Duration::from_nanos(u64::try_from(made_at?).unwrap_or(0)),
            since: Instant::now(),
        };
        *self.attached.lock().unwrap_or_else(PoisonError::into_inner) = Some(attached);
        Ok(())
    }
}

/// In one transaction: a maker that is killed leaves the file as it was, and older nodes neither lose a row nor fail
/// to renew one meanwhile.
async fn write_mark(
    connection: &mut SqliteConnection,
    mark: &Mark,
    level: Level,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let has_levels: i64 = sqlx::query_scalar(level::HAS_LEVELS)
        .fetch_one(&mut *transaction)
        .await?;
    // Made of constants and a number.
    let rebuild = AssertSqlSafe(level::rebuild(has_levels > 0, level));
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

/// Whether the machine was started since. A boot that is not known may be the present one.
fn is_earlier_boot(boot: &str) -> bool {
    !boot.is_empty() && !boot_id().is_empty() && boot != boot_id()
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

fn moved(path: &Path) -> io::Error {
    io::Error::other(format!("{} was removed or replaced", path.display()))
}
