//! Helpers for the files of a SQLite database and a node on it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use models_core::{ApiKey, Epoch, Event, Follower, Role};
use models_node::Following;
use sqlx::{Connection, SqliteConnection};
use test_database::TestDatabase;

use crate::Store;
use crate::fixtures::{add_api_key, add_organization};

pub fn file(database: &TestDatabase) -> PathBuf {
    Path::new(database.url().trim_start_matches("sqlite://"))
        .canonicalize()
        .unwrap()
}

pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    format!("{}{suffix}", path.display()).into()
}

pub fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// Memory that applies nothing, so that only the lease decides what the node may serve.
struct IgnoringMemory;

impl Follower for IgnoringMemory {
    fn apply(&self, _: &[Event]) {}

    fn invalidate(&self) {}

    fn begin_epoch(&self, _: &Epoch) {}
}

pub async fn follow(store: &Store) -> Following {
    store.nodes.follow(Arc::new(IgnoringMemory)).await.unwrap()
}

pub async fn wait_for(condition: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "{condition}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn add_key(store: &Store) -> ApiKey {
    let organization = add_organization(store, "acme").await;
    add_api_key(store, &organization, Role::Owner).await.0
}

pub async fn value(path: &Path, sql: &'static str) -> String {
    let mut connection = SqliteConnection::connect(&url(path)).await.unwrap();
    sqlx::query_scalar(sql)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}
