//! A node with recording memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use models_core::{Epoch, Event, Follower, LogEntry, Revision};
use models_node::{Following, Nodes};
use models_store::{Options, open};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_database::TestDatabase;

use crate::Store;
use crate::fixtures::PAGE;

/// A database, and a node of it that holds what it is told.
pub struct Scene {
    pub database: TestDatabase,
    pub store: Store,
    pub node: Following,
    pub told: Arc<Told>,
}

#[derive(Default)]
pub struct Told {
    pub applied: Mutex<Vec<Revision>>,
    pub invalidated: AtomicUsize,
    pub forgotten: AtomicUsize,
}

impl Follower for Told {
    fn apply(&self, events: &[Event]) {
        let revisions = events.iter().map(|event| event.revision);
        self.applied.lock().unwrap().extend(revisions);
    }

    fn invalidate(&self) {
        self.invalidated.fetch_add(1, Ordering::Relaxed);
    }

    fn forget(&self, _: &Epoch) {
        self.forgotten.fetch_add(1, Ordering::Relaxed);
    }
}

impl Scene {
    pub async fn on_both_databases(options: Options) -> [Self; 2] {
        let scene = async |database: TestDatabase| {
            let store = open(database.url(), options, Nodes::new).await.unwrap();
            let told = Arc::new(Told::default());
            let node = store.nodes.follow(told.clone()).await.unwrap();
            Self {
                database,
                store,
                node,
                told,
            }
        };
        [
            scene(TestDatabase::sqlite()).await,
            scene(TestDatabase::postgres().await).await,
        ]
    }

    /// What another node tells its changes to.
    pub fn follower() -> Arc<dyn Follower> {
        Arc::new(Told::default())
    }

    /// Runs statements on the catalog, behind the store's back.
    pub async fn execute(&self, statements: &str) {
        execute(self.database.url(), statements).await;
    }

    /// Runs statements where the nodes' rows are.
    pub async fn execute_on_nodes(&self, statements: &str) {
        execute(&self.nodes_url(), statements).await;
    }

    /// The number in the one row that this returns, where the nodes' rows are.
    pub async fn number(&self, query: &'static str) -> Option<i64> {
        let url = self.nodes_url();
        if url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            let read = sqlx::query_scalar(query).fetch_optional(&mut connection);
            read.await.unwrap()
        } else {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let read = sqlx::query_scalar(query).fetch_optional(&mut connection);
            read.await.unwrap()
        }
    }

    fn nodes_url(&self) -> String {
        let url = self.database.url();
        if url.starts_with("sqlite") {
            format!("{url}-nodes")
        } else {
            url.to_owned()
        }
    }

    /// Appends a row to the log as another version would.
    pub async fn append(&self, at: i64, actor: &str, kind: &str, change: &str) -> Revision {
        self.execute(&format!(
            "BEGIN; UPDATE catalog SET revision = revision + 1; \
            INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
            SELECT revision, {at}, '{actor}', '{kind}', NULL, 'x', '{change}' FROM catalog; COMMIT"
        ))
        .await;
        self.store.events.revision().await.unwrap()
    }

    /// Waits until this is so.
    pub async fn until(&self, what: &str, mut is_so: impl AsyncFnMut(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !is_so(self).await {
            assert!(Instant::now() < deadline, "{}: {what}", self.store.kind);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn entries_after(&self, revision: i64) -> Vec<LogEntry> {
        let after = Revision(revision);
        let listed = self.store.events.list_after(after, PAGE);
        listed.await.unwrap().value.items
    }
}

async fn execute(url: &str, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    if url.starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        connection.execute(statements).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(url).await.unwrap();
        connection.execute(statements).await.unwrap();
    }
}
