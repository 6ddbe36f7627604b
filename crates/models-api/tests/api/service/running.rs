//! Starts and stops services.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use models_api::{Application, MeasuredNode, Settings, Store};
use models_node::Nodes;
use models_store::{DatabaseKind, open};
use test_database::TestDatabase;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running service with its own database. It stops when it is dropped.
pub struct TestService {
    pub address: SocketAddr,
    /// The address of the operations listener.
    pub operations: SocketAddr,
    /// The address of the listener for gateways, if the settings have one.
    pub authorization: Option<SocketAddr>,
    pub store: Store,
    pub node: MeasuredNode,
    pub(super) database: Arc<TestDatabase>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<JoinHandle<io::Result<()>>>,
}

impl TestService {
    pub async fn on_sqlite() -> Self {
        Self::start(TestDatabase::sqlite(), &[]).await
    }

    pub async fn on_postgres() -> Self {
        Self::start(TestDatabase::postgres().await, &[]).await
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

    /// Stops the service, and waits until it has stopped.
    pub async fn stop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(running) = self.running.take() {
            running.await.unwrap().unwrap();
        }
    }

    /// Waits until this node has applied all committed changes.
    pub async fn catch_up(&self) {
        let newest = self.store.events.revision().await.unwrap();
        while self.node.applied() < newest {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
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
        let node = MeasuredNode::register(&settings.cache, &store)
            .await
            .unwrap();
        let address = application.address();
        let operations = application.operations_address();
        let authorization = application.authorization_address();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move { drop(stopped.await) };
        let running = tokio::spawn(application.run(node.clone(), store.clone(), stopped));
        Self {
            address,
            operations,
            authorization,
            store,
            node,
            database,
            stop: Some(stop),
            running: Some(running),
        }
    }
}
