//! Opening a store: which database, is it reachable, is it ours, is it set as we need it.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use models_core::{
    ApiKeyRepository, Barrier, EventRepository, FirstStartRepository, LeaseRepository, Level,
    ModelRepository, NodeRepository, OrganizationRepository,
};
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use tokio::time::timeout;

use crate::connections::Connections;
use crate::encryption::Encryption;
use crate::error::{shown, shown_migration};
use crate::health::{DatabaseHealth, Health};
use crate::observer::{Observer, ObserverSlot, PoolStatus};
use crate::password::PasswordSource;
use crate::sql::{Backend, Database, SqlStore};
use crate::{parameters, postgres, sqlite};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How a store uses its database.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The most connections to have open for reading, beside the few for writing and for following the
    /// log.
    pub max_connections: u32,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long a node may serve from memory after it last knew its memory to be true.
    pub lease: Duration,
    /// Create a SQLite file that is not there, or the tables in a database that has none.
    pub create: bool,
}

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// A file of this machine's.
    Sqlite,
    /// A server.
    Postgres,
}

impl DatabaseKind {
    /// The kind that a URL names by its scheme.
    pub fn of(url: &str) -> Result<Self, OpenError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => Ok(Self::Sqlite),
            // Without `//` everything that follows, also a password, would be the database's name.
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Self::Postgres),
            _ => Err(OpenError::Scheme),
        }
    }
}

impl std::fmt::Display for DatabaseKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// A catalog that is open. Changes that take something away wait at the barrier `N`.
#[derive(Clone)]
pub struct Store<N> {
    /// What it is kept in.
    pub kind: DatabaseKind,
    /// Where it is: the file, or the server and database. Holds no password.
    pub location: String,
    /// Whether this process has just made the file.
    pub is_new: bool,
    /// The number of the newest migration; the database has had it and all before it.
    pub schema_version: i64,
    /// What protects the connections to a server; a file has none.
    pub encryption: Option<Encryption>,
    /// Organizations and their default projects.
    pub organizations: Arc<dyn OrganizationRepository>,
    /// Keys.
    pub api_keys: Arc<dyn ApiKeyRepository>,
    /// Models.
    pub models: Arc<dyn ModelRepository>,
    /// The log.
    pub events: Arc<dyn EventRepository>,
    /// The beginning.
    pub first_start: Arc<dyn FirstStartRepository>,
    /// The lease that all processes share.
    pub lease: Arc<dyn LeaseRepository>,
    /// The nodes of the catalog, made from their rows: the barrier that the store was opened with.
    pub nodes: Arc<N>,
    observer: ObserverSlot,
    health: Arc<Health>,
    pools: Arc<dyn Fn() -> Vec<PoolStatus> + Send + Sync>,
    close: Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
}

impl<N: Barrier + 'static> Store<N> {
    pub(crate) fn new<DB: Backend>(
        kind: DatabaseKind,
        location: String,
        migrator: &Migrator,
        database: Database<DB>,
        nodes: impl FnOnce(Arc<dyn NodeRepository>) -> N,
    ) -> Self {
        let pools = [&database.reader, &database.writer, &database.nodes].map(Clone::clone);
        let files = database.files.clone();
        let close = move || -> BoxFuture<'static, ()> {
            let (pools, files) = (pools.clone(), files.clone());
            Box::pin(async move {
                if let Some(files) = files {
                    files.close().await;
                }
                for pool in pools {
                    if timeout(LONGEST_CLOSING, pool.close()).await.is_err() {
                        tracing::warn!("a connection to the database could not be closed in time");
                    }
                }
            })
        };
        let pools = {
            let database = database.clone();
            move || {
                let status = |name, pool: &Connections<DB>| PoolStatus {
                    name,
                    size: pool.size(),
                    idle: pool.idle(),
                };
                vec![
                    status("reader", &database.reader),
                    status("writer", &database.writer),
                    status("nodes", &database.nodes),
                ]
            }
        };
        let events = Arc::new(database.clone());
        let nodes = Arc::new(nodes(events.clone()));
        let (observer, health) = (database.observer.clone(), database.health.clone());
        let store = Arc::new(SqlStore {
            database,
            barrier: nodes.clone(),
        });
        Self {
            observer,
            health,
            encryption: None,
            pools: Arc::new(pools),
            kind,
            location,
            is_new: false,
            schema_version: newest(migrator),
            organizations: store.clone(),
            api_keys: store.clone(),
            models: store.clone(),
            events,
            first_start: store.clone(),
            lease: store,
            nodes,
            close: Arc::new(close),
        }
    }
}

impl<N> Store<N> {
    /// Reports to this observer from now on. Only the first observer is told anything.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.observer.by(observer);
    }

    /// Whether the database does what it is told.
    #[must_use]
    pub fn health(&self) -> DatabaseHealth {
        self.health.show()
    }

    /// The connections that are open.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolStatus> {
        (self.pools)()
    }

    /// Finishes what is being done and closes all connections. A SQLite file then holds everything
    /// itself; before that, a part of it may be in the write-ahead log beside it.
    pub async fn close(&self) {
        (self.close)().await;
    }
}

/// Why a store cannot be opened, in a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither kind of database.
    #[error("a database URL must begin with `sqlite://` or `postgres://`")]
    Scheme,
    /// The right scheme, but not a URL of that kind.
    #[error("the database URL cannot be read: {}", shown(.0))]
    Url(#[source] sqlx::Error),
    /// A password that was not escaped.
    #[error(
        "a `/` or `@` in the database URL's user or password must be written %2F or %40, `?` and `#` %3F and %23"
    )]
    RawSeparator,
    /// A parameter that would take no effect.
    #[error("the database URL has a parameter that takes no effect: {shown} ({instead})")]
    Parameter {
        /// The parameter's name, if it can be shown.
        shown: String,
        /// What to do about it.
        instead: String,
    },
    /// A parameter of which only the last would take effect.
    #[error("the database URL has the parameter `{0}` twice")]
    RepeatedParameter(&'static str),
    /// A variable that would take no effect.
    #[error(
        "the variable PGSSLMODE must be disable, allow, prefer, require, verify-ca or verify-full"
    )]
    SslModeVariable,
    /// Settings of SQLite's that are not the operator's to choose.
    #[error("a SQLite URL takes no parameters")]
    Parameters,
    /// A file that is not there, and was not to be made.
    #[error("there is no database {}; `serve`, `migrate`, `organization create` and `model import` make one", .0.display())]
    NoDatabase(PathBuf),
    /// A server's database without our tables, which were not to be made.
    #[error(
        "{0} has no tables of this service; `serve`, `migrate`, `organization create` and `model import` make them"
    )]
    NoTables(String),
    /// A database that is gone when the process ends.
    #[error(
        "an in-memory SQLite database keeps nothing; name a file, as in `sqlite://data/models.db`"
    )]
    InMemory,
    /// The directory for the file.
    #[error("the directory {path} cannot be created: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file itself.
    #[error("the file {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file that has several names.
    #[error(
        "the database file {} has {names} names (hard links); processes that open it by different names would not see each \
         other's changes; remove all names but one (`find DIRECTORY -samefile {}` shows them)",
        path.display(), path.display()
    )]
    Linked {
        /// One of its names.
        path: PathBuf,
        /// How many it has.
        names: u64,
    },
    /// The file with the nodes' rows.
    #[error("the file {}, which holds the nodes' rows, cannot be used: {}", path.display(), shown(source))]
    NodesFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: sqlx::Error,
    },
    /// Somebody was at work on the file.
    #[error("the database file {} was removed or replaced while it was being opened; try again", .0.display())]
    Moved(PathBuf),
    /// Nothing there, or nothing that lets us in.
    #[error("cannot connect to {location}: {}", shown(source))]
    Connect {
        /// What was tried.
        location: String,
        /// Why it failed.
        source: sqlx::Error,
    },
    /// No answer.
    #[error("cannot connect to {location}: no answer within {} s", timeout.as_secs_f32())]
    Timeout {
        /// What was tried.
        location: String,
        /// How long it was waited for.
        timeout: Duration,
    },
    /// A newer binary was here.
    #[error(
        "the database is newer than this program: it has had migration {found}, and this program knows those up to \
         {known}; run a newer version of the program"
    )]
    Newer {
        /// The migration that is unknown here.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// A newer version has put a feature to use that this one cannot enforce.
    #[error(
        "the catalog is at level {needed}, and this program supports level {}; run version {version} or newer of the program",
        Level::SUPPORTED
    )]
    Level {
        /// The catalog's level.
        needed: Level,
        /// The version of the program that raised it.
        version: String,
    },
    /// A migration failed, or is not the one that was run before.
    #[error("the database cannot be migrated: {}", shown_migration(.0))]
    Migrate(#[source] MigrateError),
    /// The database is not as it must be for what is promised.
    #[error("the database's {name} must be {expected} but is {found}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// Opens the catalog at this URL, of the form `sqlite://PATH` or
/// `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, creates or migrates its tables, and asserts the
/// settings on which durability and isolation rest. `nodes` makes the barrier of its changes from the
/// nodes' rows. Call it on the runtime that is to do the store's work.
pub async fn open<N: Barrier + 'static>(
    url: &str,
    options: Options,
    nodes: impl FnOnce(Arc<dyn NodeRepository>) -> N,
) -> Result<Store<N>, OpenError> {
    open_with(url, options, None, nodes).await
}

/// The same for a server whose password may change while the store is open. The password in the URL is the one that
/// `password` has now.
pub async fn open_with<N: Barrier + 'static>(
    url: &str,
    options: Options,
    password: Option<Arc<dyn PasswordSource>>,
    nodes: impl FnOnce(Arc<dyn NodeRepository>) -> N,
) -> Result<Store<N>, OpenError> {
    match DatabaseKind::of(url)? {
        DatabaseKind::Sqlite => sqlite::open(url, options, nodes).await,
        DatabaseKind::Postgres => postgres::open(url, options, password, nodes).await,
    }
}

/// Refuses a URL that cannot be opened, or of which a part would be passed over. Nothing is opened.
pub fn check_url(url: &str) -> Result<(), OpenError> {
    match DatabaseKind::of(url)? {
        DatabaseKind::Sqlite => sqlite::parse(url).map(drop),
        DatabaseKind::Postgres => parameters::parse(url).map(drop),
    }
}

/// How long the end of the store waits for statements that are under way, in each pool.
const LONGEST_CLOSING: Duration = Duration::from_secs(10);

pub(crate) fn newest(migrator: &Migrator) -> i64 {
    migrator
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

/// Brings the tables to the newest version, and refuses a database that has had a migration unknown
/// to this program.
pub(crate) async fn migrate<C: Migrate>(
    migrator: &Migrator,
    connection: &mut C,
) -> Result<(), OpenError> {
    match migrator.run_direct(None, connection, false).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(found)) => Err(OpenError::Newer {
            found,
            known: newest(migrator),
        }),
        Err(error) => Err(OpenError::Migrate(error)),
    }
}

/// Which level the catalog is at, and the version of the program that raised it.
pub(crate) const FIND_LEVEL: &str = "SELECT level, level_version FROM catalog";

/// Refuses a catalog of a level that this program does not support.
pub(crate) fn expect_level((level, version): (i64, String)) -> Result<(), OpenError> {
    let needed = Level(level);
    if needed <= Level::SUPPORTED {
        return Ok(());
    }
    Err(OpenError::Level { needed, version })
}

/// Refuses a setting that is not what it must be.
pub(crate) fn expect(name: &'static str, expected: &str, found: &str) -> Result<(), OpenError> {
    if expected == found {
        return Ok(());
    }
    Err(OpenError::Setting {
        name,
        expected: expected.to_owned(),
        found: found.to_owned(),
    })
}
