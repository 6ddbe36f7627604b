//! PostgreSQL: one pool, with time-outs on everything that could hang.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use models_core::{Level, RepositoryError};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions};
use sqlx::{Connection, Executor, FromRow, PgPool, Postgres};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use crate::error::repository_error;
use crate::observer::ObserverSlot;
use crate::open::{
    DatabaseKind, FIND_LEVEL, OpenError, Options, Store, expect, expect_level, migrate,
};
use crate::sql::SqlStore;

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Changes take turns at one row, so more connections would only wait there, and reads must not
/// wait with them.
const WRITERS: u32 = 2;

/// Each statement of a change sees what was committed before it, whatever the role's default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Time-outs for each connection, so that neither a lost client nor a forgotten transaction holds
/// others up; and a commit that is answered is on the disk, whatever the server's default.
const SETTINGS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '30s'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// A migration may take longer, and so may waiting for another node's.
const SETTINGS_FOR_MIGRATION: &str = "SET statement_timeout = '10min'; SET lock_timeout = '10min'";

const FIND_SETTINGS: &str = "SELECT current_setting('statement_timeout') AS statement_timeout, \
    current_setting('lock_timeout') AS lock_timeout, \
    current_setting('idle_in_transaction_session_timeout') AS idle_in_transaction_session_timeout, \
    (current_setting('synchronous_commit') <> 'off')::text AS synchronous_commit, \
    current_setting('server_encoding') AS server_encoding, \
    current_setting('transaction_read_only') AS transaction_read_only";

/// One that listens, one for the node's own row, and some for those who wait for others.
const NODE_CONNECTIONS: u32 = 4;

/// A history is that of one server (or a promoted copy of it, by its timeline) since its last start,
/// and of these very tables.
macro_rules! epoch {
    () => {
        "CASE WHEN pg_is_in_recovery() THEN '' ELSE \
        (SELECT system_identifier FROM pg_control_system()) || '-' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) \
        || '-' || 'catalog'::regclass::oid || '-' || extract(epoch FROM pg_postmaster_start_time()) END"
    };
}
pub(crate) use epoch;

/// The answer is an empty text; the statement is asked for no rows.
pub(crate) const NOTIFY: &str =
    "SELECT 1::bigint FROM pg_notify('models_revision', ($1::bigint)::text)";

const CHANNEL: &str = "models_revision";

const HAS_TABLES: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";

#[derive(FromRow)]
struct SettingsRow {
    statement_timeout: String,
    lock_timeout: String,
    idle_in_transaction_session_timeout: String,
    synchronous_commit: String,
    server_encoding: String,
    transaction_read_only: String,
}

pub(crate) async fn open(url: &str, options: Options) -> Result<Store, OpenError> {
    let (store, location) = connect(url, options).await?;
    Ok(Store::new(
        DatabaseKind::Postgres,
        location,
        &MIGRATOR,
        store,
    ))
}

/// The store, and where it is, to be shown.
pub(crate) async fn connect(
    url: &str,
    options: Options,
) -> Result<(SqlStore<Postgres>, String), OpenError> {
    refuse_raw_separators(url)?;
    let connect = PgConnectOptions::from_str(url)
        .map_err(OpenError::Url)?
        .application_name("models-api");
    let location = location(&connect);
    prepare(&connect, &location, options).await?;
    let pool = |max_connections| {
        PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(options.connect_timeout)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(SETTINGS).await.map(drop) })
            })
            .connect_lazy_with(connect.clone())
    };
    let store = SqlStore {
        reader: pool(options.max_connections),
        writer: pool(WRITERS),
        begin: BEGIN,
        nodes: pool(NODE_CONNECTIONS),
        runtime: Handle::current(),
        committed: Arc::default(),
        rest: None,
        published: watch::Sender::default(),
        lease: options.lease,
        level: Level::SUPPORTED,
        observer: ObserverSlot::default(),
    };
    Ok((store, location))
}

/// Connects once, outside the pools (which would try again in silence), asserts the settings, and
/// migrates.
async fn prepare(
    connect: &PgConnectOptions,
    location: &str,
    options: Options,
) -> Result<(), OpenError> {
    let unreachable = |source| OpenError::Connect {
        location: location.to_owned(),
        source,
    };
    let connecting = timeout(options.connect_timeout, PgConnection::connect_with(connect)).await;
    let mut connection = connecting
        .map_err(|_| OpenError::Timeout {
            location: location.to_owned(),
            timeout: options.connect_timeout,
        })?
        .map_err(unreachable)?;
    connection.execute(SETTINGS).await.map_err(unreachable)?;
    let row: SettingsRow = sqlx::query_as(FIND_SETTINGS)
        .fetch_one(&mut connection)
        .await
        .map_err(unreachable)?;
    expect("statement_timeout", "30s", &row.statement_timeout)?;
    expect("lock_timeout", "10s", &row.lock_timeout)?;
    expect(
        "idle_in_transaction_session_timeout",
        "30s",
        &row.idle_in_transaction_session_timeout,
    )?;
    expect("synchronous_commit", "true", &row.synchronous_commit)?;
    expect("server_encoding", "UTF8", &row.server_encoding)?;
    expect("transaction_read_only", "off", &row.transaction_read_only)?;
    let has_tables: (bool,) = sqlx::query_as(HAS_TABLES)
        .fetch_one(&mut connection)
        .await
        .map_err(unreachable)?;
    if !has_tables.0 && !options.create {
        return Err(OpenError::NoTables(location.to_owned()));
    }
    connection
        .execute(SETTINGS_FOR_MIGRATION)
        .await
        .map_err(unreachable)?;
    // Under sqlx's advisory lock: other nodes may be starting too.
    migrate(&MIGRATOR, &mut connection).await?;
    let level = sqlx::query_as(FIND_LEVEL).fetch_one(&mut connection).await;
    expect_level(level.map_err(unreachable)?)?;
    connection.close().await.map_err(unreachable)
}

/// A raw `/` or `@` in the password makes another host of a part of it, and messages would show
/// that part.
fn refuse_raw_separators(url: &str) -> Result<(), OpenError> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let after_slash = rest.split_once('/').map_or("", |(_, path)| path);
    if rest.matches('@').count() > 1 || after_slash.contains('@') {
        return Err(OpenError::RawSeparator);
    }
    Ok(())
}

/// Where the database is, without the password.
fn location(connect: &PgConnectOptions) -> String {
    let database = connect
        .get_database()
        .unwrap_or_else(|| connect.get_username());
    match connect.get_socket() {
        Some(socket) => format!("postgres://{}/{database}", socket.display()),
        None => format!(
            "postgres://{}:{}/{database}",
            connect.get_host(),
            connect.get_port()
        ),
    }
}

/// Wakes `committed` whenever any process has committed, for as long as the pool is open. A
/// notification is a hint: whoever waits for it also looks from time to time. A server or a pooler
/// that lets none through is refused.
pub(crate) async fn listen(
    pool: &PgPool,
    committed: &Arc<Notify>,
    observer: &ObserverSlot,
) -> Result<(), RepositoryError> {
    let mut listener = start_listening(pool).await.map_err(repository_error)?;
    if !hears_itself(pool, &mut listener).await {
        return Err(RepositoryError::Failed(DEAF.into()));
    }
    let (pool, committed, observer) = (pool.clone(), committed.clone(), observer.clone());
    tokio::spawn(async move {
        while !pool.is_closed() {
            // Any doubt, and the connection is given up: a listener that goes on by itself has been
            // seen to lose notifications without a word.
            loop {
                let is_heard = match timeout(HEARTBEAT, listener.try_recv()).await {
                    Ok(received) => matches!(received, Ok(Some(_))),
                    Err(_) => hears_itself(&pool, &mut listener).await,
                };
                if !is_heard {
                    break;
                }
                committed.notify_one();
            }
            drop(listener);
            listener = loop {
                match start_listening(&pool).await {
                    Ok(listener) => break listener,
                    Err(_) if pool.is_closed() => return,
                    Err(_) => tokio::time::sleep(RECONNECT_PAUSE).await,
                }
            };
            observer.tell(|observer| observer.reconnected());
            committed.notify_one();
        }
    });
    Ok(())
}

/// Whether a notification arrives that is sent to oneself.
async fn hears_itself(pool: &PgPool, listener: &mut PgListener) -> bool {
    let probe = "SELECT pg_notify('models_revision', '')";
    if pool.execute(probe).await.is_err() {
        return false;
    }
    let received = timeout(PROBE_TIMEOUT, listener.try_recv()).await;
    matches!(received, Ok(Ok(Some(_))))
}

/// After how long a silence a notification is sent to oneself: a connection that is cut looks like
/// one on which nothing is said.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a notification to oneself may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

const DEAF: &str = "no notification arrives (LISTEN and NOTIFY); if there is a pooler before the server, it must be in \
    session mode";

const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

async fn start_listening(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
