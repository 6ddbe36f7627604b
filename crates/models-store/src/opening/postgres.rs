//! PostgreSQL: three pools, with time-outs on everything that could hang.

use std::sync::Arc;
use std::time::{Duration, Instant};

use models_core::{Barrier, Level, NodeRepository};
use sqlx::error::DatabaseError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, Executor, Postgres};
use sqlx_macros::FromRow;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::encryption::{self, Encryption};
use super::location::location;
use super::options::{DatabaseKind, Options};
use super::parameters;
use super::schema::{FIND_LEVEL, expect, expect_level, migrate};
use super::store::Store;
use crate::catalog::Database;
use crate::database::{Connections, Health, ObserverSlot, OpenError, PasswordSource, Passwords};

pub(super) static MIGRATOR: Migrator = sqlx_macros::migrate!("../../migrations/postgres");

/// Changes take turns at one row, so more connections would only wait there. Reads have a pool of
/// their own and do not wait with them.
const WRITERS: u32 = 2;

/// Each statement of a change sees all earlier commits, independent of the role's default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Settings of each connection. The time-outs keep a lost client or a forgotten transaction from
/// blocking other clients. `synchronous_commit` puts an acknowledged commit on the disk,
/// independent of the server's default.
///
/// The statements run after connecting, since a pooler accepts no startup options.
/// `statement_timeout` is longer than the service's own deadline of 8 s. A shorter one would end
/// the wait for a synchronous standby, and COMMIT would then report success. If a node vanishes in
/// mid-transaction, the server frees its turn after 5 s. The `tcp_` settings let the server notice
/// a vanished client; on a Unix socket they have no effect.
pub(super) const SETTINGS: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
    SET idle_in_transaction_session_timeout = '5s'; \
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
    SET tcp_user_timeout = '10s'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// A migration may take longer than other statements. It waits for a lock only briefly, since all
/// statements of the running nodes on that table queue behind it.
const SETTINGS_FOR_MIGRATION: &str = "SET statement_timeout = '10min'; SET lock_timeout = '500ms'";
/// The time for which a migration that did not get a lock is repeated, and the pause between two
/// attempts.
const MIGRATION_PATIENCE: Duration = Duration::from_mins(10);
const MIGRATION_PAUSE: Duration = Duration::from_secs(1);

const FIND_SETTINGS: &str = "SELECT current_setting('statement_timeout') AS statement_timeout, \
    current_setting('lock_timeout') AS lock_timeout, \
    current_setting('idle_in_transaction_session_timeout') AS idle_in_transaction_session_timeout, \
    (current_setting('synchronous_commit') <> 'off')::text AS synchronous_commit, \
    current_setting('server_encoding') AS server_encoding, \
    current_setting('transaction_read_only') AS transaction_read_only";

/// One connection listens, one renews the node's own row, and the others are for barriers.
const NODE_CONNECTIONS: u32 = 4;

pub(super) const HAS_TABLES: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";

#[derive(FromRow)]
struct SettingsRow {
    statement_timeout: String,
    lock_timeout: String,
    idle_in_transaction_session_timeout: String,
    synchronous_commit: String,
    server_encoding: String,
    transaction_read_only: String,
}

pub(crate) async fn open<N: Barrier + 'static>(
    url: &str,
    options: Options,
    password: Option<Arc<dyn PasswordSource>>,
    nodes: impl FnOnce(Arc<dyn NodeRepository>) -> N,
) -> Result<Store<N>, OpenError> {
    let (database, location, encryption) = connect(url, options, password).await?;
    let mut store = Store::new(DatabaseKind::Postgres, location, &MIGRATOR, database, nodes);
    store.encryption = Some(encryption);
    Ok(store)
}

/// Connects, and returns the database, its location and the encryption. `password` is the source of
/// the URL's password.
pub(crate) async fn connect(
    url: &str,
    options: Options,
    password: Option<Arc<dyn PasswordSource>>,
) -> Result<(Database<Postgres>, String, Encryption), OpenError> {
    let connect = parameters::parse(url)?;
    let location = location(&connect);
    let encryption = prepare(&connect, &location, options).await?;
    let pool = |max_connections| {
        PgPoolOptions::new()
            .max_connections(max_connections)
            .acquire_timeout(options.connect_timeout)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(SETTINGS).await.map(drop) })
            })
            // sqlx's own test of a connection has no deadline.
            .test_before_acquire(false)
            .before_acquire(|connection, _| Box::pin(async move { Ok(responds(connection).await) }))
            .connect_lazy_with(connect.clone())
    };
    let pools = [
        pool(options.max_connections),
        pool(WRITERS),
        pool(NODE_CONNECTIONS),
    ];
    let passwords = password.map(|source| {
        // The URL already holds the source's present password.
        let present = source.read().ok();
        let (pools, connect) = (pools.clone(), connect.clone());
        Passwords::new(source, present, move |password| {
            for pool in &pools {
                pool.set_connect_options(connect.clone().password(password.expose()));
            }
        })
    });
    let observer = ObserverSlot::default();
    let health = Arc::new(Health::new(&observer));
    let [reader, writer, nodes] = pools;
    let database = Database {
        reader: Connections::new(reader, health.reads.clone(), passwords.clone()),
        writer: Connections::new(writer, health.writes.clone(), passwords.clone()),
        begin: BEGIN,
        nodes: Connections::new(nodes, health.renewals.clone(), passwords),
        files: None,
        audit_turn: Arc::new(Semaphore::new(1)),
        runtime: Handle::current(),
        committed: Arc::default(),
        rest: None,
        lease: options.lease,
        level: Level::SUPPORTED,
        observer,
        health,
    };
    Ok((database, location, encryption))
}

/// The time within which a pooled connection must show that it is usable.
const PING: Duration = Duration::from_secs(1);

async fn responds(connection: &mut PgConnection) -> bool {
    matches!(timeout(PING, connection.ping()).await, Ok(Ok(())))
}

/// Connects once outside the pools, which would retry silently. Checks the settings, and migrates.
pub(super) async fn prepare(
    connect: &PgConnectOptions,
    location: &str,
    options: Options,
) -> Result<Encryption, OpenError> {
    let unreachable = |source| OpenError::Connect {
        location: location.to_owned(),
        source,
    };
    let preparing = async {
        let (mut connection, encryption) =
            encryption::connect(connect).await.map_err(unreachable)?;
        assert_settings(&mut connection, location, options.create).await?;
        Ok((connection, encryption))
    };
    let prepared = timeout(options.connect_timeout, preparing).await;
    let (mut connection, encryption) = prepared.map_err(|_| OpenError::Timeout {
        location: location.to_owned(),
        timeout: options.connect_timeout,
    })??;
    connection
        .execute(SETTINGS_FOR_MIGRATION)
        .await
        .map_err(unreachable)?;
    migrate_patiently(&mut connection).await?;
    let level = sqlx::query_as(FIND_LEVEL).fetch_one(&mut connection).await;
    expect_level(level.map_err(unreachable)?)?;
    // A failure to close has no consequences.
    let _ = timeout(PING, connection.close()).await;
    Ok(encryption)
}

/// Migrates under sqlx's advisory lock, since other nodes may be starting too. Repeats while a lock
/// is taken.
async fn migrate_patiently(connection: &mut PgConnection) -> Result<(), OpenError> {
    let deadline = Instant::now() + MIGRATION_PATIENCE;
    loop {
        match migrate(&MIGRATOR, connection).await {
            Err(OpenError::Migrate(error))
                if is_lock_timeout(&error) && Instant::now() < deadline =>
            {
                sleep(MIGRATION_PAUSE).await;
            }
            done => return done,
        }
    }
}

fn is_lock_timeout(error: &MigrateError) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code == LOCK_NOT_AVAILABLE)
}

async fn assert_settings(
    connection: &mut PgConnection,
    location: &str,
    create: bool,
) -> Result<(), OpenError> {
    let unreachable = |source| OpenError::Connect {
        location: location.to_owned(),
        source,
    };
    connection.execute(SETTINGS).await.map_err(unreachable)?;
    let row: SettingsRow = sqlx::query_as(FIND_SETTINGS)
        .fetch_one(&mut *connection)
        .await
        .map_err(unreachable)?;
    expect("statement_timeout", "10s", &row.statement_timeout)?;
    expect("lock_timeout", "5s", &row.lock_timeout)?;
    expect(
        "idle_in_transaction_session_timeout",
        "5s",
        &row.idle_in_transaction_session_timeout,
    )?;
    expect("synchronous_commit", "true", &row.synchronous_commit)?;
    expect("server_encoding", "UTF8", &row.server_encoding)?;
    expect("transaction_read_only", "off", &row.transaction_read_only)?;
    let has_tables: (bool,) = sqlx::query_as(HAS_TABLES)
        .fetch_one(connection)
        .await
        .map_err(unreachable)?;
    if !has_tables.0 && !create {
        return Err(OpenError::NoTables(location.to_owned()));
    }
    Ok(())
}
