//! PostgreSQL: one pool, with time-outs on everything that could hang.

use std::str::FromStr;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, Executor};
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::open::{DatabaseKind, OpenError, Options, Store, expect, migrate};
use crate::sql::SqlStore;

static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/postgres");

/// Time-outs for each connection, so that neither a lost client nor a forgotten transaction holds
/// others up; and a commit that is answered is on the disk, whatever the server's default.
const SETTINGS: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '30s'; \
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

const FIND_SETTINGS: &str = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), \
    current_setting('idle_in_transaction_session_timeout'), current_setting('server_encoding'), \
    current_setting('transaction_read_only')";

pub(crate) async fn open(url: &str, options: Options) -> Result<Store, OpenError> {
    let connect = PgConnectOptions::from_str(url)
        .map_err(OpenError::Url)?
        .application_name("models-api");
    let location = location(&connect);
    prepare(&connect, &location, options).await?;
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.connect_timeout)
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SETTINGS).await.map(drop) })
        })
        .connect_with(connect)
        .await
        .map_err(|source| OpenError::Connect {
            location: location.clone(),
            source,
        })?;
    let store = SqlStore {
        reader: pool.clone(),
        writer: pool,
        begin: "BEGIN",
        runtime: Handle::current(),
    };
    Ok(Store::new(
        DatabaseKind::Postgres,
        location,
        &MIGRATOR,
        store,
    ))
}

/// Connects once, outside the pool (which would try again in silence), migrates, and asserts the
/// settings.
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
    // Under sqlx's advisory lock: other nodes may be starting too.
    migrate(&MIGRATOR, &mut connection).await?;
    connection.execute(SETTINGS).await.map_err(unreachable)?;
    let (statement, lock, idle, encoding, read_only): (String, String, String, String, String) =
        sqlx::query_as(FIND_SETTINGS)
            .fetch_one(&mut connection)
            .await
            .map_err(unreachable)?;
    expect("statement_timeout", "30s", &statement)?;
    expect("lock_timeout", "10s", &lock)?;
    expect("idle_in_transaction_session_timeout", "30s", &idle)?;
    expect("server_encoding", "UTF8", &encoding)?;
    expect("transaction_read_only", "off", &read_only)?;
    connection.close().await.map_err(unreachable)
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
