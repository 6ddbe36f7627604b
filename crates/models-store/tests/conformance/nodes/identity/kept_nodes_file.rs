//! The nodes file that a database keeps or replaces when a process opens it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Instant;

use models_node::Nodes;
use models_store::open;
use sqlx::{Connection, Executor, SqliteConnection};
use test_database::TestDatabase;

use super::database_files::{add_key, beside, file, follow, url, value};
use crate::fixtures::origin;
use crate::{OPTIONS, open_new};

#[tokio::test]
async fn the_nodes_file_of_an_older_version_is_kept_with_its_rows() {
    let database = TestDatabase::sqlite();
    let store = open_new(&database).await;
    add_key(&store).await;
    store.close().await;
    let path = file(&database);
    let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
    connection
        .execute("UPDATE catalog SET nodes_file = ''")
        .await
        .unwrap();
    let mut nodes = SqliteConnection::connect(&url(&beside(&path, "-nodes")))
        .await
        .unwrap();
    nodes
        .execute(
            "DROP TABLE nodes_file; \
             INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms) VALUES ('node_old', '', -1, 0, 3000)",
        )
        .await
        .unwrap();
    nodes.close().await.unwrap();
    let inode = fs::metadata(beside(&path, "-nodes")).unwrap().ino();
    open_new(&database).await;
    assert_eq!(fs::metadata(beside(&path, "-nodes")).unwrap().ino(), inode);
    assert_eq!(
        value(&beside(&path, "-nodes"), "SELECT id FROM nodes").await,
        "node_old"
    );
}

/// No node outlives its machine, so no wait is needed.
#[tokio::test]
async fn the_nodes_file_of_an_earlier_boot_is_replaced_without_a_wait() {
    let database = TestDatabase::sqlite();
    let store = open_new(&database).await;
    let key = add_key(&store).await;
    store.close().await;
    let nodes = beside(&file(&database), "-nodes");
    let mut connection = SqliteConnection::connect(&url(&nodes)).await.unwrap();
    connection
        .execute(
            "UPDATE nodes_file SET boot = 'another'; \
             INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms) VALUES ('node_old', '', -1, 0, 3000)",
        )
        .await
        .unwrap();
    connection.close().await.unwrap();
    let store = open_new(&database).await;
    let began = Instant::now();
    store.api_keys.revoke(&key.id, origin()).await.unwrap();
    assert!(began.elapsed() < OPTIONS.lease, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_agree_on_a_new_nodes_file() {
    let database = TestDatabase::sqlite();
    let store = open_new(&database).await;
    add_key(&store).await;
    store.close().await;
    for _ in 0..5 {
        fs::write(beside(&file(&database), "-nodes"), "not a database").unwrap();
        let opening = (0..6).map(|_| {
            let url = database.url().to_owned();
            tokio::spawn(async move {
                let store = open(&url, OPTIONS, Nodes::new).await.unwrap();
                let node = follow(&store).await;
                (store, node)
            })
        });
        let mut opened = vec![];
        for opening in opening.collect::<Vec<_>>() {
            opened.push(opening.await.unwrap());
        }
        assert_eq!(
            value(
                &beside(&file(&database), "-nodes"),
                "SELECT CAST(count(*) AS TEXT) FROM nodes"
            )
            .await,
            "6"
        );
        for (store, node) in opened {
            node.leave().await;
            store.close().await;
        }
    }
}

/// The process that created the file may be killed before the catalog names it, and nodes of an
/// older version may have rows in it.
#[tokio::test]
async fn a_file_that_the_catalog_does_not_name_yet_is_kept() {
    let database = TestDatabase::sqlite();
    let store = open_new(&database).await;
    add_key(&store).await;
    store.close().await;
    let path = file(&database);
    let mut nodes = SqliteConnection::connect(&url(&beside(&path, "-nodes")))
        .await
        .unwrap();
    nodes
        .execute("INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms) VALUES ('node_old', '', -1, 0, 15000)")
        .await
        .unwrap();
    nodes.close().await.unwrap();
    let inode = fs::metadata(beside(&path, "-nodes")).unwrap().ino();
    let mut catalog = SqliteConnection::connect(database.url()).await.unwrap();
    catalog
        .execute("UPDATE catalog SET nodes_file = ''")
        .await
        .unwrap();
    catalog.close().await.unwrap();

    let store = open(database.url(), OPTIONS, Nodes::new).await.unwrap();
    assert_eq!(fs::metadata(beside(&path, "-nodes")).unwrap().ino(), inode);
    let mut nodes = SqliteConnection::connect(&url(&beside(&path, "-nodes")))
        .await
        .unwrap();
    let (rows,): (i64,) = sqlx::query_as("SELECT count(*) FROM nodes WHERE id = 'node_old'")
        .fetch_one(&mut nodes)
        .await
        .unwrap();
    assert_eq!(rows, 1);
    store.close().await;
}
