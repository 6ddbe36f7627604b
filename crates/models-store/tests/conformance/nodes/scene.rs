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

/// A database, and a node on it with recording memory.
pub struct Scene {
    pub database: TestDatabase,
    pub store: Store,
    pub node: Following,
    pub memory: Arc<RecordingMemory>,
}

#[derive(Default)]
pub struct RecordingMemory {
    pub applied: Mutex<Vec<Revision>>,
    pub invalidated: AtomicUsize,
    pub forgotten: AtomicUsize,
}

impl Follower for RecordingMemory {
    fn apply(&self, events: &[Event]) {
        let revisions = events.iter().map(|event| event.revision);
        self.applied.lock().unwrap().extend(revisions);
    }

    fn invalidate(&self) {
        self.invalidated.fetch_add(1, Ordering::Relaxed);
    }

    fn begin_epoch(&self, _: &Epoch) {
        self.forgotten.fetch_add(1, Ordering::Relaxed);
    }
}

impl Scene {
    pub async fn on_both_databases(options: Options) -> [Self; 2] {
        let scene = async |database: TestDatabase| {
            let store = open(database.url(), options, Nodes::new).await.unwrap();
            let memory = Arc::new(RecordingMemory::default());
            let node = store.nodes.follow(memory.clone()).await.unwrap();
            Self {
                database,
                store,
                node,
                memory,
            }
        };
        [
            scene(TestDatabase::sqlite()).await,
            scene(TestDatabase::postgres().await).await,
        ]
    }

    /// The memory of another node.
    pub fn follower() -> Arc<dyn Follower> {
        Arc::new(RecordingMemory::default())
    }

    /// Runs statements on the catalog directly.
    pub async fn execute(&self, statements: &str) {
        execute(self.database.url(), statements).await;
    }

    /// Runs statements on the nodes' rows.
    pub async fn execute_on_nodes(&self, statements: &str) {
        execute(&self.nodes_url(), statements).await;
    }

    /// Runs a query on the nodes' rows that returns one number.
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

    /// Appends a row to the event log as another version would.
    pub async fn append(&self, at: i64, actor: &str, kind: &str, change: &str) -> Revision {
        self.execute(&format!(
            "BEGIN; UPDATE catalog SET revision = revision + 1; \
            INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
            SELECT revision, {at}, '{actor}', '{kind}', NULL, 'x', '{change}' FROM catalog; COMMIT"
        ))
        .await;
        self.store.events.revision().await.unwrap()
    }

    /// Waits until the condition holds.
    pub async fn until(&self, condition: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !holds(self).await {
            assert!(
                Instant::now() < deadline,
                "{}: {condition}",
                self.store.kind
            );
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
