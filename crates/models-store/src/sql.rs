//! What the repositories share: statements for either database.

use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use models_core::{Barrier, Level, Position, RepositoryError, Revision, Snapshot};
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Postgres, Sqlite};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::catalog::{catalog, catalog_columns, no_catalog};
use crate::connections::{Connection, Connections, Deadline, Tries};
use crate::health::Health;
use crate::models::ImportSettings;
use crate::nodes_file::NodesFile;
use crate::observer::ObserverSlot;
use crate::{level, notifications, postgres, sqlite};

/// A value for a statement's `$1`, `$2`, …: all types that the schema knows.
#[derive(Clone)]
pub(crate) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

/// A row that can be read from either database.
pub(crate) trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// A database that the catalog can be kept in. It stands in for the dozen bounds on
/// `sqlx::Database` that generic code would otherwise repeat in every signature.
pub(crate) trait Backend: sqlx::Database + ImportSettings {
    /// Returns the catalog's row: the newest revision, the history that it belongs to (an empty one
    /// where the server follows another), the level and the leases.
    const POSITION: &'static str;

    /// Takes the next revision, and returns the catalog's row with that as the newest one.
    const TAKE_TURN: &'static str;

    /// Returns the catalog's row with each event after a revision, up to another, oldest first; a row without
    /// an event where there is none.
    const LIST_AFTER: &'static str;

    /// Keeps nodes of a lower level from registering, from the commit of this transaction on, and
    /// returns the ids of those that are registered. Where there are any, nothing is changed.
    fn raise_level(
        connection: &mut Connection<Self>,
        nodes: &Connections<Self>,
        level: Level,
    ) -> impl Future<Output = Result<Vec<String>, RepositoryError>> + Send;

    /// Notifies other processes of the revision `$1`, which has been committed. A hint: it may fail.
    const NOTIFY: Option<&'static str>;

    /// Whether the nodes' rows are in the same database as all else.
    const HAS_NODES: bool;

    /// Wakes `committed` when another process has committed, where that can be heard, for as long
    /// as the pool is open.
    fn listen(
        connections: &Connections<Self>,
        committed: &Arc<Notify>,
        observer: &ObserverSlot,
    ) -> impl Future<Output = Result<(), RepositoryError>> + Send;

    /// Runs the statement and answers its rows.
    fn fetch<T: Record>(
        connection: &mut Self::Connection,
        sql: &'static str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Vec<T>, sqlx::Error>> + Send;

    /// Runs statements that have no parameters, and calls `each` after each of them.
    fn run(
        connection: &mut Self::Connection,
        sql: String,
        each: impl FnMut() + Send,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Closes a connection whose last statement has not ended.
    fn discard(connection: PoolConnection<Self>) -> impl Future<Output = ()> + Send + 'static;
}

macro_rules! backend {
    ($database:ty, $epoch:expr, $notify:expr, $has_nodes:expr, $listen:path, $raise_level:path, $discard:path) => {
        impl Backend for $database {
            const POSITION: &'static str = concat!(
                "SELECT revision AS newest, ", $epoch, " AS epoch, ", catalog_columns!(), " FROM catalog"
            );
            const TAKE_TURN: &'static str = concat!(
                "UPDATE catalog SET revision = revision + 1 RETURNING revision AS newest, ", $epoch, " AS epoch, ",
                catalog_columns!()
            );
            const LIST_AFTER: &'static str = concat!(
                "SELECT c.revision AS newest, ", $epoch, " AS epoch, ", catalog_columns!(),
                ", e.revision, e.occurred_at, e.actor, e.type AS kind, e.change ",
                "FROM catalog c LEFT JOIN events e ON e.revision > $1 AND e.revision <= $2 ORDER BY e.revision"
            );
            const NOTIFY: Option<&'static str> = $notify;
            const HAS_NODES: bool = $has_nodes;

            async fn listen(
                connections: &Connections<Self>,
                committed: &Arc<Notify>,
                observer: &ObserverSlot,
            ) -> Result<(), RepositoryError> {
                $listen(connections, committed, observer).await
            }

            async fn raise_level(
                connection: &mut Connection<Self>,
                nodes: &Connections<Self>,
                level: Level,
            ) -> Result<Vec<String>, RepositoryError> {
                $raise_level(connection, nodes, level).await
            }

            async fn fetch<T: Record>(
                connection: &mut Self::Connection,
                sql: &'static str,
                values: Vec<Value>,
            ) -> Result<Vec<T>, sqlx::Error> {
                let mut query = sqlx::query_as::<Self, T>(sql);
                for value in values {
                    query = match value {
                        Value::Text(text) => query.bind(text),
                        Value::Integer(number) => query.bind(number),
                    };
                }
                query.fetch_all(connection).await
            }

            async fn run(
                connection: &mut Self::Connection,
                sql: String,
                mut each: impl FnMut() + Send,
            ) -> Result<(), sqlx::Error> {
                // Its callers make it of constants and numbers.
                let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
                let mut results = sql.execute_many(connection);
                while results.try_next().await?.is_some() {
                    each();
                }
                Ok(())
            }

            async fn discard(connection: PoolConnection<Self>) {
                $discard(connection).await;
            }
        }
    };
}

backend!(
    Sqlite,
    sqlite::epoch!(),
    None,
    false,
    sqlite::listen,
    level::raise_on_sqlite,
    sqlite::discard
);
backend!(
    Postgres,
    postgres::epoch!(),
    Some(notifications::NOTIFY),
    true,
    notifications::listen,
    level::raise_on_postgres,
    postgres::discard
);

/// The database of a catalog, and what all its repositories share.
pub(crate) struct Database<DB: Backend> {
    /// For reading. On SQLite these connections cannot write.
    pub(crate) reader: Connections<DB>,
    /// For writing. On SQLite this is a single connection.
    pub(crate) writer: Connections<DB>,
    /// Begins a transaction that will write.
    pub(crate) begin: &'static str,
    /// Where the nodes' rows are. On SQLite it is a file of its own.
    pub(crate) nodes: Connections<DB>,
    /// On SQLite: the files, and whether they are still those that were opened.
    pub(crate) files: Option<Arc<NodesFile>>,
    /// Where the work is done.
    pub(crate) runtime: Handle,
    /// Told after each commit of this process.
    pub(crate) committed: Arc<Notify>,
    /// How long this process's node waits before it looks at a commit that it has heard of.
    pub(crate) rest: Option<Duration>,
    /// This process's setting of the lease. It counts only until the catalog names the lease in force.
    pub(crate) lease: Duration,
    /// The highest level that this program supports.
    pub(crate) level: Level,
    /// Told how the database fares.
    pub(crate) observer: ObserverSlot,
    /// How reads, writes and renewals go.
    pub(crate) health: Arc<Health>,
}

// Derived, it would ask for `DB: Clone`.
impl<DB: Backend> Clone for Database<DB> {
    fn clone(&self) -> Self {
        Self {
            reader: self.reader.clone(),
            writer: self.writer.clone(),
            begin: self.begin,
            nodes: self.nodes.clone(),
            files: self.files.clone(),
            runtime: self.runtime.clone(),
            committed: self.committed.clone(),
            rest: self.rest,
            lease: self.lease,
            level: self.level,
            observer: self.observer.clone(),
            health: self.health.clone(),
        }
    }
}

/// The repositories that change the catalog.
pub(crate) struct SqlStore<DB: Backend> {
    pub(crate) database: Database<DB>,
    /// Where changes wait that take something away.
    pub(crate) barrier: Arc<dyn Barrier>,
}

// Derived, it would ask for `DB: Clone`.
impl<DB: Backend> Clone for SqlStore<DB> {
    fn clone(&self) -> Self {
        Self {
            database: self.database.clone(),
            barrier: self.barrier.clone(),
        }
    }
}

impl<DB: Backend> Deref for SqlStore<DB> {
    type Target = Database<DB>;

    fn deref(&self) -> &Database<DB> {
        &self.database
    }
}

impl<DB: Backend> Database<DB> {
    /// Runs one statement that changes nothing, and answers its rows.
    pub(crate) async fn read<T: Record + 'static>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        self.read_within(Deadline::STATEMENT, sql, values).await
    }

    /// The same within another deadline.
    pub(crate) async fn read_within<T: Record + 'static>(
        &self,
        deadline: Deadline,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        let reader = self.reader.clone();
        self.run(async move {
            let mut tries = Tries::default();
            loop {
                let mut connection = reader.acquire(deadline).await?;
                let rows = connection.fetch(sql, values.clone()).await;
                if !tries.may_repeat(connection.is_lost()).await {
                    return rows;
                }
            }
        })
        .await
    }

    /// Runs one statement that changes nothing, and answers its rows and the position that they are
    /// at least as new as.
    pub(crate) async fn read_at<T: Record + 'static>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Snapshot<Vec<T>>, RepositoryError> {
        let (reader, level) = (self.reader.clone(), self.level);
        self.run(async move {
            let mut tries = Tries::default();
            loop {
                let mut connection = reader.acquire(Deadline::STATEMENT).await?;
                let read = fetch_at(&mut connection, level, sql, values.clone()).await;
                if !tries.may_repeat(connection.is_lost()).await {
                    return read;
                }
            }
        })
        .await
    }

    /// Does the work as a task of its own on the runtime that opened the store. A caller that goes
    /// away cancels nothing: a transaction dropped half-way can stay open on its pooled connection.
    /// And no connection is driven by a runtime that may end before the store does.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, RepositoryError>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, RepositoryError>> + Send + 'static,
    {
        match self.runtime.spawn(work).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(cancelled) => Err(RepositoryError::Unavailable(Box::new(cancelled))),
            },
        }
    }
}

async fn fetch_at<DB: Backend, T: Record>(
    connection: &mut Connection<DB>,
    supported: Level,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Snapshot<Vec<T>>, RepositoryError> {
    let position = position(connection, supported).await?;
    let value = connection.fetch(sql, values).await?;
    Ok(Snapshot { position, value })
}

/// The newest position, as this connection sees it.
pub(crate) async fn position<DB: Backend>(
    connection: &mut Connection<DB>,
    supported: Level,
) -> Result<Position, RepositoryError> {
    let catalog = catalog(connection, supported).await?;
    Ok(catalog.position)
}

/// The revision in the one row of the table `catalog`.
pub(crate) fn only_revision(rows: &[(i64,)]) -> Result<Revision, RepositoryError> {
    match rows {
        [(revision,)] => Ok(Revision(*revision)),
        _ => Err(no_catalog()),
    }
}
