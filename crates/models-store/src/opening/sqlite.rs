//! SQLite: one connection that writes, and several read-only ones.

mod pools;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use models_core::{Barrier, Level, NodeRepository};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, Sqlite};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use super::options::{DatabaseKind, Options};
use super::schema::{FIND_LEVEL, expect, expect_level, migrate};
use super::store::Store;
use crate::catalog::Database;
use crate::database::{Connections, Health, ObserverSlot, OpenError};
use crate::files::{self, FILE_MODE, FileId, FileSet};
use crate::nodes::{NodesFile, prepare_nodes_file};
use pools::{open_anchor, open_nodes, open_reader, open_writer};

static MIGRATOR: Migrator = sqlx_macros::migrate!("../../migrations/sqlite");

/// Takes the lock at once, because the busy time-out does not cover the upgrade of a lock.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// The time for which a connection waits for another process's lock. A statement's deadline is
/// longer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The limit for locks on the nodes' rows, whose statements have a shorter deadline.
const NODES_BUSY_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The pause between a commit and its read on a single core. There the database and the requests
/// share the core, and the pause keeps a request from waiting for both at once.
const REST: Duration = Duration::from_millis(1);

/// The database that `copy` has moved the catalog to; empty while the catalog is in use.
const FIND_MOVED_TO: &str = "SELECT moved_to FROM catalog";

fn has_one_core() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1)
}

pub(crate) async fn open<N: Barrier + 'static>(
    url: &str,
    options: Options,
    nodes: impl FnOnce(Arc<dyn NodeRepository>) -> N,
) -> Result<Store<N>, OpenError> {
    let (database, location, is_new) = connect(url, options).await?;
    let mut store = Store::new(DatabaseKind::Sqlite, location, &MIGRATOR, database, nodes);
    store.is_new = is_new;
    Ok(store)
}

/// Connects, and returns the database, the file's path, and whether this process has just created
/// the file.
pub(crate) async fn connect(
    url: &str,
    options: Options,
) -> Result<(Database<Sqlite>, String, bool), OpenError> {
    let connect = parse(url)?.foreign_keys(true).busy_timeout(BUSY_TIMEOUT);
    let file = files::locate(connect.get_filename(), options.create)?;
    let is_new = create(&file, options)?;
    let opened = FileId::at(&file).ok().flatten();
    files::refuse_hard_links(&file)?;
    files::warn_if_readable(&file);
    let connect = connect.filename(&file);
    let location = file.display().to_string();
    let unreachable = |source| OpenError::Connect {
        location: location.clone(),
        source,
    };
    let writer = open_writer(&connect, options).await.map_err(unreachable)?;
    prepare(
        &mut *writer.acquire().await.map_err(unreachable)?,
        &location,
    )
    .await?;
    let anchor = open_anchor(&connect).await.map_err(unreachable)?;
    let database_files = FileSet::at(&file).map_err(|error| unreachable(error.into()))?;
    // The file was the same before and after the opening, so it is the file that was opened.
    let database_files = database_files
        .filter(|files| Some(files.main) == opened)
        .ok_or_else(|| OpenError::Moved(file.clone()))?;
    let reader = open_reader(connect, opened, options)
        .await
        .map_err(unreachable)?;
    assert_settings(
        &mut *reader.acquire().await.map_err(unreachable)?,
        &location,
        true,
    )
    .await?;
    let files = NodesFile::new(
        &file,
        database_files,
        writer.clone(),
        anchor,
        NODES_BUSY_TIMEOUT,
    );
    let files = Arc::new(files);
    let unusable = |source| OpenError::NodesFile {
        path: files.path().to_owned(),
        source,
    };
    let nodes = open_nodes(&files, options).await.map_err(unusable)?;
    prepare_nodes_file(&writer, &nodes)
        .await
        .map_err(unusable)?;
    let observer = ObserverSlot::default();
    let health = Arc::new(Health::new(&observer));
    let database = Database {
        reader: Connections::new(reader, health.reads.clone(), None),
        writer: Connections::new(writer, health.writes.clone(), None),
        begin: BEGIN,
        nodes: Connections::new(nodes, health.renewals.clone(), None),
        files: Some(files),
        audit_turn: Arc::new(Semaphore::new(1)),
        runtime: Handle::current(),
        committed: Arc::default(),
        rest: has_one_core().then_some(REST),
        lease: options.lease,
        level: Level::SUPPORTED,
        observer,
        health,
    };
    Ok((database, location, is_new))
}

/// Creates the file if the options allow it. Returns whether the file is new.
fn create(file: &Path, options: Options) -> Result<bool, OpenError> {
    if options.create {
        files::create(file, FILE_MODE).map_err(|source| OpenError::File {
            path: file.to_owned(),
            source,
        })
    } else if file.exists() {
        Ok(false)
    } else {
        Err(OpenError::NoDatabase(file.to_owned()))
    }
}

/// Parses a URL that names a file and has no parameters.
pub(crate) fn parse(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    if url.contains('?') {
        return Err(OpenError::Parameters);
    }
    let connect = SqliteConnectOptions::from_str(url).map_err(OpenError::Url)?;
    let name = connect.get_filename().to_string_lossy();
    if name.is_empty() || name.contains(":memory:") || url.ends_with(":memory:") {
        return Err(OpenError::InMemory);
    }
    Ok(connect)
}

/// The path of the file at this URL, which need not exist.
pub(crate) fn path_of_file(url: &str) -> Result<PathBuf, OpenError> {
    files::locate(parse(url)?.get_filename(), false)
}

/// The options for changes of an existing file on a connection outside the pools.
pub(crate) fn writing(connect: SqliteConnectOptions) -> SqliteConnectOptions {
    connect
        .create_if_missing(false)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
}

/// The options for read-only access to the file at this URL.
pub(crate) fn reading(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    Ok(parse(url)?.busy_timeout(BUSY_TIMEOUT).read_only(true))
}

/// Migrates under the lock, since another process may be starting too, and checks the settings.
async fn prepare(connection: &mut SqliteConnection, location: &str) -> Result<(), OpenError> {
    let unreachable = |source| OpenError::Connect {
        location: location.to_owned(),
        source,
    };
    let mut transaction = connection.begin_with(BEGIN).await.map_err(unreachable)?;
    migrate(&MIGRATOR, &mut *transaction).await?;
    let moved_to: Result<String, _> = sqlx::query_scalar(FIND_MOVED_TO)
        .fetch_one(&mut *transaction)
        .await;
    let moved_to = moved_to.map_err(unreachable)?;
    if !moved_to.is_empty() {
        return Err(OpenError::MovedTo {
            location: location.to_owned(),
            moved_to,
        });
    }
    let level = sqlx::query_as(FIND_LEVEL)
        .fetch_one(&mut *transaction)
        .await;
    expect_level(level.map_err(unreachable)?)?;
    transaction.commit().await.map_err(unreachable)?;
    assert_settings(connection, location, false).await
}

async fn assert_settings(
    connection: &mut SqliteConnection,
    location: &str,
    read_only: bool,
) -> Result<(), OpenError> {
    let (journal_mode, synchronous, foreign_keys, busy_timeout): (String, i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT journal_mode FROM pragma_journal_mode), (SELECT synchronous FROM pragma_synchronous), \
                (SELECT foreign_keys FROM pragma_foreign_keys), (SELECT timeout FROM pragma_busy_timeout)",
    )
    .fetch_one(connection)
    .await
    .map_err(|source| OpenError::Connect {
        location: location.to_owned(),
        source,
    })?;
    expect("journal_mode", "wal", &journal_mode)?;
    expect("foreign_keys", "1", &foreign_keys.to_string())?;
    expect(
        "busy_timeout",
        &BUSY_TIMEOUT.as_millis().to_string(),
        &busy_timeout.to_string(),
    )?;
    if !read_only {
        expect("synchronous", "2", &synchronous.to_string())?; // 2 is FULL
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `open` checks the settings of its own connections. This test shows that the check refuses a
    /// connection that could lose acknowledged writes in a power cut.
    #[tokio::test]
    async fn a_connection_without_durable_settings_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let plain = SqliteConnectOptions::new()
            .filename(directory.path().join("x.db"))
            .create_if_missing(true);
        let plain = plain.busy_timeout(BUSY_TIMEOUT);
        let wal = plain.clone().journal_mode(SqliteJournalMode::Wal);
        for (options, expected) in [
            (plain, Some("journal_mode")),
            (
                wal.clone().synchronous(SqliteSynchronous::Normal),
                Some("synchronous"),
            ),
            (wal.clone().foreign_keys(false), Some("foreign_keys")),
            (wal.synchronous(SqliteSynchronous::Full), None),
        ] {
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            let refused = match assert_settings(&mut connection, "", false).await {
                Err(OpenError::Setting { name, .. }) => Some(name),
                Ok(()) => None,
                Err(error) => panic!("{error}"),
            };
            assert_eq!(refused, expected);
        }
    }
}
