//! SQLite: one connection that writes, several that cannot.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use models_core::{Barrier, Level, NodeRepository};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Executor, Sqlite, SqlitePool};
use tokio::runtime::Handle;

use crate::connections::Connections;
use crate::database::Database;
use crate::error::is_busy;
use crate::files::{self, FILE_MODE, FileId, FileSet};
use crate::health::Health;
use crate::level;
use crate::nodes_file::NodesFile;
use crate::observer::ObserverSlot;
use crate::open_error::OpenError;
use crate::options::{DatabaseKind, Options};
use crate::schema::{FIND_LEVEL, expect, expect_level, migrate};
use crate::store::Store;

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// Takes the lock at once. The busy time-out does not cover a lock that is upgraded.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// How long a connection waits for another process's lock. A statement's deadline is longer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The same for the nodes' rows, whose statements have a shorter deadline.
const NODES_BUSY_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Where there is a single core, the database takes turns on it with those who read. With this between a commit
/// and the look at it, they do not wait for both in one go.
const REST: Duration = Duration::from_millis(1);

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

/// The database, the file's path, and whether this process has just made it.
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
    // Looked at before and after: what was opened meanwhile is that file.
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
    level::prepare_nodes_file(&writer, &nodes)
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

/// Creates the file if that is wanted. Returns whether there was none.
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

/// A URL that names a file, and nothing else.
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

/// How to read the file at this URL, and no more.
pub(crate) fn reading(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    Ok(parse(url)?.busy_timeout(BUSY_TIMEOUT).read_only(true))
}

/// One connection: SQLite has one writer at a time, and here they wait in order.
async fn open_writer(
    connect: &SqliteConnectOptions,
    options: Options,
) -> Result<SqlitePool, sqlx::Error> {
    let connect = connect
        .clone()
        .read_only(false)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL keeps what was acknowledged over a crash of the process, but not over a power cut.
        .synchronous(SqliteSynchronous::Full);
    connect_patiently(pool(1, options), &connect, options).await
}

/// Connections that are opened later must not read another file.
async fn open_reader(
    connect: SqliteConnectOptions,
    opened: Option<FileId>,
    options: Options,
) -> Result<SqlitePool, sqlx::Error> {
    let connect = connect.read_only(true).create_if_missing(false);
    let file = connect.get_filename().to_owned();
    let pool = pool(options.max_connections, options).after_connect(move |_, _| {
        let is_it = FileId::at(&file).is_ok_and(|found| found == opened);
        let refused = || std::io::Error::other("the database file was removed or replaced");
        let checked = if is_it { Ok(()) } else { Err(refused().into()) };
        Box::pin(std::future::ready(checked))
    });
    connect_patiently(pool, &connect, options).await
}

/// A connection that is never used, and has the write-ahead log open.
async fn open_anchor(connect: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let connect = connect.clone().read_only(true).create_if_missing(false);
    let mut anchor = connect.connect().await?;
    anchor.execute("SELECT revision FROM catalog").await?;
    Ok(anchor)
}

/// The nodes' rows, in the file that counts.
async fn open_nodes(files: &Arc<NodesFile>, options: Options) -> Result<SqlitePool, sqlx::Error> {
    let deadline = Instant::now() + options.connect_timeout;
    loop {
        match files.attach().await {
            Ok(()) => break,
            // Somebody is at work on the file.
            Err(sqlx::Error::Io(_)) if Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(error) => return Err(error),
        }
    }
    let (connected, acquired) = (files.clone(), files.clone());
    let pool = pool(1, options)
        .after_connect(move |connection, _| {
            let files = connected.clone();
            Box::pin(async move { files.connected(connection).await })
        })
        .before_acquire(move |connection, metadata| {
            let is_usable = !connection.is_in_transaction() && !acquired.is_stale(&metadata);
            Box::pin(std::future::ready(Ok(is_usable)))
        });
    connect_patiently(pool, &files.connect_options(), options).await
}

/// Tries again while the file is locked: who turns the write-ahead log on does not wait for others who
/// do the same, whatever the busy time-out.
async fn connect_patiently(
    pool: SqlitePoolOptions,
    connect: &SqliteConnectOptions,
    options: Options,
) -> Result<SqlitePool, sqlx::Error> {
    let deadline = Instant::now() + options.connect_timeout;
    loop {
        match pool.clone().connect_with(connect.clone()).await {
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            done => return done,
        }
    }
}

/// Migrates, under the lock, since another process may be starting too, and asserts the settings.
async fn prepare(connection: &mut SqliteConnection, location: &str) -> Result<(), OpenError> {
    let unreachable = |source| OpenError::Connect {
        location: location.to_owned(),
        source,
    };
    let mut transaction = connection.begin_with(BEGIN).await.map_err(unreachable)?;
    migrate(&MIGRATOR, &mut *transaction).await?;
    let level = sqlx::query_as(FIND_LEVEL)
        .fetch_one(&mut *transaction)
        .await;
    expect_level(level.map_err(unreachable)?)?;
    transaction.commit().await.map_err(unreachable)?;
    assert_settings(connection, location, false).await
}

/// A file needs no new connections from time to time, and no question whether it is still there.
fn pool(max_connections: u32, options: Options) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(options.connect_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // Where a transaction fails for want of room, SQLite ends it by itself, and then there is none to roll
        // back: the connection would be taken to be in it for ever.
        .before_acquire(|connection, _| {
            let is_usable = !connection.is_in_transaction();
            Box::pin(std::future::ready(Ok(is_usable)))
        })
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

    /// `open` asserts the settings of its own connections. This shows that the assertion sees a
    /// connection with others: one that would lose what was acknowledged in a power cut.
    #[tokio::test]
    async fn a_connection_that_a_power_cut_could_make_a_liar_is_refused() {
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
