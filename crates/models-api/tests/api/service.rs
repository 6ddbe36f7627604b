//! The service under test, and its callers.

pub mod client;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use models_api::{Application, MeasuredNode, Settings, Store};
use models_core::{
    Actor, ApiKey, ApiKeyId, Import, ImportEntry, Organization, OrganizationId, Origin, Project,
    ProjectId, Role, Scope, Secret, Timestamp,
};
use models_node::Nodes;
use models_store::{DatabaseKind, open};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use test_database::TestDatabase;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::contract::openapi;
use crate::service::client::{Response, send, send_for_bytes};

/// A running service with its own database. It stops when it is dropped.
pub struct TestService {
    pub address: SocketAddr,
    /// The address of the operations listener.
    pub operations: SocketAddr,
    pub store: Store,
    pub node: MeasuredNode,
    database: Arc<TestDatabase>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<io::Result<()>>>,
}

/// A caller with or without a key.
pub struct TestCaller {
    address: SocketAddr,
    pub token: Option<String>,
    pub key: Option<ApiKey>,
}

impl TestService {
    pub async fn on_sqlite() -> Self {
        Self::start(TestDatabase::sqlite(), &[]).await
    }

    /// Starts another service with these variables, on a new database of the same kind.
    pub async fn with_settings(&self, settings: &[(&str, &str)]) -> Self {
        match self.store.kind {
            DatabaseKind::Sqlite => Self::start(TestDatabase::sqlite(), settings).await,
            DatabaseKind::Postgres => Self::start(TestDatabase::postgres().await, settings).await,
        }
    }

    /// Starts another node of the same catalog.
    pub async fn another_node(&self) -> Self {
        Self::start_on(self.database.clone(), &[], |_| ()).await
    }

    /// Starts another node of the same catalog with a changed store.
    pub async fn node_with(&self, change: impl FnOnce(&mut Store)) -> Self {
        Self::start_on(self.database.clone(), &[], change).await
    }

    /// Starts another node of the same catalog, which reaches the database at this URL.
    pub async fn node_through(&self, url: &str) -> Self {
        Self::start_on(
            self.database.clone(),
            &[("MODELS__DATABASE__URL", url)],
            |_| (),
        )
        .await
    }

    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Adds the row of a node that never renews its lease.
    pub async fn add_silent_node(&self, id: &str, applied: i64, lease_ms: u32) {
        self.execute_on_nodes(&format!(
            "INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms) VALUES ('{id}', 'another', {applied}, 0, {lease_ms})"
        ))
        .await;
    }

    /// Runs a statement on the database with the nodes' rows.
    pub async fn execute_on_nodes(&self, statement: &str) {
        match self.store.kind {
            DatabaseKind::Sqlite => self.execute_at("-nodes", statement).await,
            DatabaseKind::Postgres => self.execute(statement).await,
        }
    }

    /// Runs a statement on the database without the service.
    pub async fn execute(&self, statement: &str) {
        self.execute_at("", statement).await;
    }

    async fn execute_at(&self, suffix: &str, statement: &str) {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match self.store.kind {
            DatabaseKind::Sqlite => {
                let url = format!("{}{suffix}", self.database.url());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                connection.execute(statement).await.unwrap();
            }
            DatabaseKind::Postgres => {
                let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
                connection.execute(statement).await.unwrap();
            }
        }
    }

    /// Takes the lock that every change waits for. It is released when the connection is dropped.
    pub async fn lock(&self) -> Lock {
        match self.store.kind {
            DatabaseKind::Sqlite => {
                let mut connection = SqliteConnection::connect(self.database.url())
                    .await
                    .unwrap();
                connection.execute("BEGIN IMMEDIATE").await.unwrap();
                Lock::Sqlite(connection)
            }
            DatabaseKind::Postgres => {
                let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
                connection
                    .execute("BEGIN; LOCK TABLE catalog")
                    .await
                    .unwrap();
                Lock::Postgres(connection)
            }
        }
    }

    /// Waits for this work while the database blocks all changes.
    pub async fn while_locked<T>(&self, work: impl Future<Output = T>) -> T {
        let lock = self.lock().await;
        let done = work.await;
        lock.release().await;
        done
    }

    /// Stops the service, and waits until it has stopped.
    pub async fn stop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(running) = self.running.take() {
            running.await.unwrap().unwrap();
        }
    }

    pub async fn on_postgres() -> Self {
        Self::start(TestDatabase::postgres().await, &[]).await
    }

    async fn start(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        Self::start_on(Arc::new(database), settings, |_| ()).await
    }

    async fn start_on(
        database: Arc<TestDatabase>,
        more: &[(&str, &str)],
        change: impl FnOnce(&mut Store),
    ) -> Self {
        let base = [
            ("MODELS__DATABASE__URL", database.url()),
            ("MODELS__SERVER__PORT", "0"),
            ("MODELS__SERVER__WORKERS", "1"),
            ("MODELS__OPERATIONS__PORT", "0"),
            // The tests send many incorrect keys from one address.
            ("MODELS__LIMITS__FAILED_AUTHENTICATIONS_PER_MINUTE", "0"),
        ];
        let variables = base
            .iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = Settings::load_from(&variables.collect()).unwrap();
        let mut store = open(
            settings.database.url.expose(),
            settings.options(true),
            Nodes::new,
        )
        .await
        .unwrap();
        change(&mut store);
        let application = Application::bind(&settings).unwrap();
        let node = MeasuredNode::enter(&settings.cache, &store).await.unwrap();
        let address = application.address();
        let operations = application.operations_address();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        let running = tokio::spawn(application.run(node.clone(), store.clone(), stopped));
        Self {
            address,
            operations,
            store,
            node,
            database,
            stop: Some(stop),
            running: Some(running),
        }
    }

    pub async fn organization(&self, slug: &str) -> Organization {
        let organization = Organization {
            id: OrganizationId::from_uuid(Uuid::now_v7()),
            slug: slug.parse().unwrap(),
            name: format!("{slug} Inc.").parse().unwrap(),
            default_project: Project {
                id: ProjectId::from_uuid(Uuid::now_v7()),
                name: "Default".parse().unwrap(),
            },
            created_at: now(),
        };
        self.store
            .organizations
            .insert(organization.clone(), origin())
            .await
            .unwrap();
        self.catch_up().await;
        organization
    }

    /// Waits until this node has applied all committed changes.
    pub async fn catch_up(&self) {
        let newest = self.store.events.revision().await.unwrap();
        while self.node.applied() < newest {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub fn anonymous(&self) -> TestCaller {
        TestCaller {
            address: self.address,
            token: None,
            key: None,
        }
    }

    /// A caller with this token, which need not be a key.
    pub fn bearer(&self, token: &str) -> TestCaller {
        TestCaller {
            token: Some(token.to_owned()),
            ..self.anonymous()
        }
    }

    /// A caller with a new key.
    pub async fn caller(&self, organization: &Organization, role: Role) -> TestCaller {
        self.caller_until(organization, role, None).await
    }

    pub async fn caller_until(
        &self,
        organization: &Organization,
        role: Role,
        expires_at: Option<Timestamp>,
    ) -> TestCaller {
        let mut random = [0; 32];
        random[..16].copy_from_slice(Uuid::now_v7().as_bytes());
        self.caller_with(organization, role, expires_at, &Secret::from_random(random))
            .await
    }

    pub async fn caller_with(
        &self,
        organization: &Organization,
        role: Role,
        expires_at: Option<Timestamp>,
        secret: &Secret,
    ) -> TestCaller {
        let key = ApiKey {
            id: ApiKeyId::from_uuid(Uuid::now_v7()),
            organization_id: organization.id.clone(),
            organization_slug: organization.slug.clone(),
            project_id: organization.default_project.id.clone(),
            name: "a key".parse().unwrap(),
            role,
            redacted_value: secret.redacted(),
            created_at: now(),
            expires_at,
            revoked_at: None,
        };
        self.store
            .api_keys
            .insert(key.clone(), secret.digest(), origin())
            .await
            .unwrap();
        self.catch_up().await;
        TestCaller {
            token: Some(secret.expose().to_owned()),
            key: Some(key),
            ..self.anonymous()
        }
    }

    /// Adds models, each with its time of creation, to the organization, or to the public models.
    pub async fn models(&self, organization: Option<&Organization>, models: &[(&str, u32)]) {
        let entries = models.iter().map(|(id, created)| ImportEntry {
            id: id.parse().unwrap(),
            created: Some(Timestamp::from_seconds(*created)),
            owned_by: None,
            shutdown_date: None,
        });
        let owner = organization.map_or("system", |organization| organization.name.as_str());
        let import = Import {
            scope: organization.map_or(Scope::Public, |organization| {
                Scope::Organization(organization.id.clone())
            }),
            entries: entries.collect(),
            default_owner: owner.parse().unwrap(),
            dry_run: false,
        };
        self.store
            .models
            .import(import, origin(), Arc::new(|_| ()))
            .await
            .unwrap();
        self.catch_up().await;
    }
}

/// A transaction that blocks all changes.
pub enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    pub async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}

impl TestCaller {
    /// The same caller at another node.
    pub fn at(&self, node: &TestService) -> Self {
        Self {
            address: node.address,
            token: self.token.clone(),
            key: self.key.clone(),
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send("GET", path, &[]).await
    }

    pub async fn delete(&self, path: &str) -> Response {
        self.send("DELETE", path, &[]).await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let all = with_authorization(headers, authorization.as_deref());
        let response = send(self.address, method, path, &all).await;
        openapi::assert_documented(method, path, &response);
        response
    }

    /// Sends a GET whose response body is not text.
    pub async fn get_bytes(&self, path: &str, headers: &[(&str, &str)]) -> (Response, Vec<u8>) {
        let authorization = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let all = with_authorization(headers, authorization.as_deref());
        send_for_bytes(self.address, "GET", path, &all).await
    }
}

fn with_authorization<'a>(
    headers: &[(&'a str, &'a str)],
    authorization: Option<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let authorization = authorization.map(|value| ("Authorization", value));
    headers.iter().copied().chain(authorization).collect()
}

pub fn now() -> Timestamp {
    SystemTime::now().into()
}

pub fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: now(),
    }
}
