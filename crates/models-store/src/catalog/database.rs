//! The database of a catalog, which all repositories share.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use models_core::{CatalogState, Level, RepositoryError, Revision, Snapshot};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;

use super::row::{catalog, no_catalog, position};
use crate::database::{
    Connection, Connections, Deadline, Dialect, Health, ObserverSlot, Record, Tries, Value,
};
use crate::models::import::settings::ImportSettings;
use crate::nodes::{Listen, NodesFile, RaiseLevel};

/// The time limit for closing each pool, whose statements may still run.
const LONGEST_CLOSING: Duration = Duration::from_secs(10);

/// A database for the catalog. The trait stands for a dozen bounds on `sqlx::Database` that generic
/// code would otherwise repeat in every signature.
pub(crate) trait Backend: Dialect + RaiseLevel + Listen + ImportSettings {}

impl<DB: Dialect + RaiseLevel + Listen + ImportSettings> Backend for DB {}

/// The database of a catalog, with the state that its repositories share.
pub(crate) struct Database<DB: Backend> {
    /// The connections for reads. On SQLite they cannot write.
    pub(crate) reader: Connections<DB>,
    /// The connections for writes. SQLite has one.
    pub(crate) writer: Connections<DB>,
    /// The statement that begins a writing transaction.
    pub(crate) begin: &'static str,
    /// The connections to the nodes' rows, which SQLite holds in a separate file.
    pub(crate) nodes: Connections<DB>,
    /// On SQLite, the database's files, which the store checks for replacement.
    pub(crate) files: Option<Arc<NodesFile>>,
    /// Allows one read of the audit log at a time. Such a read can look at all events of an
    /// organization, and several of them must not occupy the connections that requests need.
    pub(crate) audit_turn: Arc<Semaphore>,
    /// The runtime that executes all database work.
    pub(crate) runtime: Handle,
    /// Notified after each commit of this process.
    pub(crate) committed: Arc<Notify>,
    /// The pause of this process's node between the notification of a commit and its read.
    pub(crate) rest: Option<Duration>,
    /// The lease in this process's settings. It takes effect only if the catalog has no lease yet.
    pub(crate) lease: Duration,
    /// The highest level that this program supports.
    pub(crate) level: Level,
    /// Receives failed statements and new connections for notifications.
    pub(crate) observer: ObserverSlot,
    /// The outcomes of reads, writes and renewals.
    pub(crate) health: Arc<Health>,
}

// A derived `Clone` would require `DB: Clone`.
impl<DB: Backend> Clone for Database<DB> {
    fn clone(&self) -> Self {
        Self {
            reader: self.reader.clone(),
            writer: self.writer.clone(),
            begin: self.begin,
            nodes: self.nodes.clone(),
            files: self.files.clone(),
            audit_turn: self.audit_turn.clone(),
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
    /// Waits for running statements and closes all connections.
    pub(crate) async fn close(&self) {
        if let Some(files) = &self.files {
            files.close().await;
        }
        for pool in [&self.reader, &self.writer, &self.nodes] {
            if timeout(LONGEST_CLOSING, pool.close()).await.is_err() {
                tracing::warn!("failed to close a database connection in time");
            }
        }
    }

    /// Runs one statement that writes nothing, and returns its rows.
    pub(crate) async fn read<T: Record + 'static>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        self.read_within(Deadline::STATEMENT, sql, values).await
    }

    /// Runs one statement that writes nothing within this deadline, and returns its rows.
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

    /// Runs one statement that writes nothing. Returns its rows and a position that they include.
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

    /// Reads the catalog's row on a connection for reading.
    pub(crate) async fn read_catalog(&self) -> Result<CatalogState, RepositoryError> {
        let (reader, level) = (self.reader.clone(), self.level);
        self.run(async move {
            let mut connection = reader.acquire(Deadline::RENEWAL).await?;
            catalog(&mut connection, level).await
        })
        .await
    }

    /// Runs the work as a separate task on the runtime that opened the store.
    ///
    /// A dropped caller does not cancel the task: a transaction dropped half-way could stay open on
    /// its pooled connection. The store's runtime drives the connection, because the caller's
    /// runtime may end before the store does.
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

/// The revision in the single row of the table `catalog`.
pub(crate) fn only_revision(rows: &[(i64,)]) -> Result<Revision, RepositoryError> {
    match rows {
        [(revision,)] => Ok(Revision(*revision)),
        _ => Err(no_catalog()),
    }
}
