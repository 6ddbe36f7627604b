//! A node whose database files are removed or replaced.

use std::fs;

use models_core::RepositoryError;
use models_node::Nodes;
use models_store::{Options, open};
use sqlx::{Connection, Executor, SqliteConnection};
use test_database::TestDatabase;

use super::database_files::{add_key, beside, file, follow, wait_for};
use crate::fixtures::origin;
use crate::{OPTIONS, open_new};

/// The store writes nothing to a lost file, and the node starts again when the file is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_serves_nothing_from_a_database_that_was_removed_or_replaced() {
    for (name, suffix, replaced) in [
        ("removed", "", false),
        ("replaced", "", true),
        ("without its log", "-wal", false),
        ("with another log", "-wal", true),
        ("without its index", "-shm", false),
    ] {
        let database = TestDatabase::sqlite();
        // The pool for reads has one connection, open from the start. A connection that is opened
        // while the log is away would create another log and read that one from then on.
        let options = Options {
            max_connections: 1,
            ..OPTIONS
        };
        let store = open(database.url(), options, Nodes::new).await.unwrap();
        let key = add_key(&store).await;
        let node = follow(&store).await;
        let (path, away) = (
            beside(&file(&database), suffix),
            beside(&file(&database), ".away"),
        );
        fs::rename(&path, &away).unwrap();
        if replaced {
            fs::copy(&away, &path).unwrap();
        }
        wait_for(name, || node.hold().is_none()).await;
        match store.api_keys.revoke(&key.id, origin()).await {
            Err(RepositoryError::Unavailable(reason)) => {
                let said = reason.to_string();
                assert!(
                    said.starts_with("the database file ") && said.contains("/models.db "),
                    "{said}"
                );
            }
            other => panic!("{name}: {other:?}"),
        }
        fs::rename(&away, &path).unwrap();
        wait_for(name, || node.hold().is_some()).await;
        store
            .api_keys
            .revoke(&key.id, origin())
            .await
            .unwrap()
            .unwrap();
        node.leave().await;
    }
}

/// A copy of the database in its place has the same id and epoch. A barrier must still wait for the
/// node on the original file.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_in_a_copied_database_waits_for_the_nodes_of_the_original() {
    let database = TestDatabase::sqlite();
    let service = open_new(&database).await;
    let key = add_key(&service).await;
    let path = file(&database);
    // The checkpoint moves all data into the database file.
    let mut checkpoint = SqliteConnection::connect(database.url()).await.unwrap();
    checkpoint
        .execute("PRAGMA wal_checkpoint(TRUNCATE)")
        .await
        .unwrap();
    checkpoint.close().await.unwrap();
    let node = follow(&service).await;
    let copy = beside(&path, ".copy");
    fs::copy(&path, &copy).unwrap();
    fs::rename(&copy, &path).unwrap();
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(beside(&path, suffix)).unwrap();
    }
    let command = open_new(&database).await;
    command
        .api_keys
        .revoke(&key.id, origin())
        .await
        .unwrap()
        .unwrap();
    assert!(node.hold().is_none());
    node.leave().await;
}
