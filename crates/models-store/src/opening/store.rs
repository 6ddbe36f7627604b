//! A store: the repositories over one database.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use models_core::{
    ApiKeyRepository, Barrier, EventRepository, FirstStartRepository, LeaseRepository,
    ModelRepository, NodeRepository, OrganizationRepository,
};
use sqlx::migrate::Migrator;
use tokio::time::timeout;

use super::encryption::Encryption;
use super::options::DatabaseKind;
use super::schema::newest;
use crate::catalog::{Backend, Database, SqlStore};
use crate::database::{Connections, DatabaseHealth, Health, Observer, ObserverSlot, PoolStatus};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How long the end of the store waits for statements that are under way, in each pool.
const LONGEST_CLOSING: Duration = Duration::from_secs(10);

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
