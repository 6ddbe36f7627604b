//! The connections to a file: one that writes, several read-only ones, and one for the nodes' rows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Executor, SqlitePool};

use crate::database::is_busy;
use crate::files::FileId;
use crate::nodes::NodesFile;
use crate::opening::options::Options;

/// Opens the pool for writes. It has one connection: SQLite has one writer at a time, and writers
/// wait here in order.
pub(super) async fn open_writer(
    connect: &SqliteConnectOptions,
    options: Options,
) -> Result<SqlitePool, sqlx::Error> {
    let connect = connect
        .clone()
        .read_only(false)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL preserves acknowledged commits in a crash of the process, but not in a power cut.
        .synchronous(SqliteSynchronous::Full);
    connect_patiently(pool(1, options), &connect, options).await
}

/// Opens the pool for reads. Connections that it opens later must not read another file.
pub(super) async fn open_reader(
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

/// Opens the connection that keeps the write-ahead log open and runs no other statements.
pub(super) async fn open_anchor(
    connect: &SqliteConnectOptions,
) -> Result<SqliteConnection, sqlx::Error> {
    let connect = connect.clone().read_only(true).create_if_missing(false);
    let mut anchor = connect.connect().await?;
    anchor.execute("SELECT revision FROM catalog").await?;
    Ok(anchor)
}

/// Opens the pool for the nodes' rows in the file that counts.
pub(super) async fn open_nodes(
    files: &Arc<NodesFile>,
    options: Options,
) -> Result<SqlitePool, sqlx::Error> {
    let deadline = Instant::now() + options.connect_timeout;
    loop {
        match files.attach().await {
            Ok(()) => break,
            // Another process is replacing the file.
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

/// Connects, and repeats while the file is locked: a process that switches to the write-ahead log
/// does not wait for others that do the same, independent of the busy time-out.
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

/// The options of each pool. Connections to a file need neither periodic renewal nor a ping.
fn pool(max_connections: u32, options: Options) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(options.connect_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        // When a transaction fails because the disk is full, SQLite ends it itself. A roll-back
        // then has nothing to do, and sqlx would count the connection as in a transaction forever.
        .before_acquire(|connection, _| {
            let is_usable = !connection.is_in_transaction();
            Box::pin(std::future::ready(Ok(is_usable)))
        })
}
