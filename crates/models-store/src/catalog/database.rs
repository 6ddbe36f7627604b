//! The database of a catalog: what all repositories share.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use models_core::{CatalogState, Level, RepositoryError, Revision, Snapshot};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::row::{catalog, no_catalog, position};
use crate::database::{
    Connection, Connections, Deadline, Dialect, Health, ObserverSlot, Record, Tries, Value,
};
use crate::models::import::settings::ImportSettings;
use crate::nodes::{Listen, NodesFile, RaiseLevel};

/// A database that the catalog can be kept in. It stands in for the dozen bounds on
/// `sqlx::Database` that generic code would otherwise repeat in every signature.
pub(crate) trait Backend: Dialect + RaiseLevel + Listen + ImportSettings {}

impl<DB: Dialect + RaiseLevel + Listen + ImportSettings> Backend for DB {}

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

    /// The catalog's row, over a connection for reading.
    pub(crate) async fn read_catalog(&self) -> Result<CatalogState, RepositoryError> {
        let (reader, level) = (self.reader.clone(), self.level);
        self.run(async move {
            let mut connection = reader.acquire(Deadline::RENEWAL).await?;
            catalog(&mut connection, level).await
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

/// The revision in the one row of the table `catalog`.
pub(crate) fn only_revision(rows: &[(i64,)]) -> Result<Revision, RepositoryError> {
    match rows {
        [(revision,)] => Ok(Revision(*revision)),
        _ => Err(no_catalog()),
    }
}
