//! A store: the repositories over one database.

use std::pin::Pin;
use std::sync::Arc;

use models_core::{
    AdminApiKeyRepository, ApiKeyRepository, AuditRepository, Barrier, CountRepository,
    CredentialRepository, EventRepository, FirstStartRepository, LeaseRepository, ModelRepository,
    NodeRepository, OrganizationRepository, ProjectRepository, RegistrationRepository,
    ServiceAccountRepository,
};
use sqlx::migrate::Migrator;

use super::encryption::Encryption;
use super::options::DatabaseKind;
use super::schema::newest;
use crate::catalog::{Backend, Database, SqlStore};
use crate::database::{Connections, DatabaseHealth, Health, Observer, ObserverSlot, PoolStatus};

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An open catalog. Changes that take something away wait at the barrier `N`.
#[derive(Clone)]
pub struct Store<N> {
    /// The kind of database.
    pub kind: DatabaseKind,
    /// The location: the file, or the server and database. Holds no password.
    pub location: String,
    /// Whether this process has just created the file.
    pub is_new: bool,
    /// The number of the newest migration. The database has this one and all before it.
    pub schema_version: i64,
    /// The encryption of the connections to a server; `None` for a file.
    pub encryption: Option<Encryption>,
    /// The organizations with their default projects.
    pub organizations: Arc<dyn OrganizationRepository>,
    /// The projects and their policies.
    pub projects: Arc<dyn ProjectRepository>,
    /// The service accounts.
    pub service_accounts: Arc<dyn ServiceAccountRepository>,
    /// The API keys.
    pub api_keys: Arc<dyn ApiKeyRepository>,
    /// The admin API keys.
    pub admin_api_keys: Arc<dyn AdminApiKeyRepository>,
    /// The keys of both kinds, as requests use them.
    pub credentials: Arc<dyn CredentialRepository>,
    /// The models.
    pub models: Arc<dyn ModelRepository>,
    /// Registers single models.
    pub registrations: Arc<dyn RegistrationRepository>,
    /// The event log.
    pub events: Arc<dyn EventRepository>,
    /// The event log as administrators see it.
    pub audit: Arc<dyn AuditRepository>,
    /// The counts of the catalog's contents.
    pub counts: Arc<dyn CountRepository>,
    /// The first start.
    pub first_start: Arc<dyn FirstStartRepository>,
    /// The lease of the catalog.
    pub lease: Arc<dyn LeaseRepository>,
    /// The barrier that the store was opened with.
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
        let close = {
            let database = database.clone();
            move || -> BoxFuture<'static, ()> {
                let database = database.clone();
                Box::pin(async move { database.close().await })
            }
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
            projects: store.clone(),
            service_accounts: store.clone(),
            api_keys: store.clone(),
            admin_api_keys: store.clone(),
            credentials: store.clone(),
            models: store.clone(),
            registrations: store.clone(),
            counts: events.clone(),
            events,
            audit: store.clone(),
            first_start: store.clone(),
            lease: store,
            nodes,
            close: Arc::new(close),
        }
    }
}

impl<N> Store<N> {
    /// Sets the observer. Only the first call has an effect.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.observer.set(observer);
    }

    /// The health of the database.
    #[must_use]
    pub fn health(&self) -> DatabaseHealth {
        self.health.show()
    }

    /// The status of each connection pool.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolStatus> {
        (self.pools)()
    }

    /// Waits for running statements and closes all connections. A SQLite file is then complete;
    /// before that, the write-ahead log beside it may hold a part.
    pub async fn close(&self) {
        (self.close)().await;
    }
}
