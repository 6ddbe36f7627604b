//! Revocations when the nodes file is lost, damaged or replaced.

use std::fs;
use std::path::Path;
use std::time::Instant;

use models_node::Nodes;
use models_store::open;
use test_database::TestDatabase;

use super::database_files::{add_key, beside, file, follow, url, value, wait_for};
use crate::fixtures::origin;
use crate::{OPTIONS, open_new};

/// A fault of the files beside a database.
type Fault = fn(&Path);

const FAULTS: [(&str, Fault); 8] = [
    ("removed", |path| {
        fs::remove_file(beside(path, "-nodes")).unwrap();
    }),
    ("removed with its log", |path| {
        for suffix in ["-nodes", "-nodes-wal", "-nodes-shm"] {
            fs::remove_file(beside(path, suffix)).unwrap();
        }
    }),
    ("without its log", |path| {
        for suffix in ["-nodes-wal", "-nodes-shm"] {
            fs::remove_file(beside(path, suffix)).unwrap();
        }
    }),
    ("replaced by an empty file", |path| {
        fs::remove_file(beside(path, "-nodes")).unwrap();
        fs::write(beside(path, "-nodes"), "").unwrap();
    }),
    ("replaced by a copy", |path| {
        let nodes = beside(path, "-nodes");
        fs::copy(&nodes, beside(path, "-copy")).unwrap();
        fs::rename(beside(path, "-copy"), nodes).unwrap();
    }),
    ("damaged in its place", |path| {
        fs::write(beside(path, "-nodes"), "not a database").unwrap();
    }),
    ("replaced by a directory", |path| {
        fs::remove_file(beside(path, "-nodes")).unwrap();
        fs::create_dir(beside(path, "-nodes")).unwrap();
    }),
    ("another database's file", |path| {
        let other = path.parent().unwrap().join("other/models.db");
        let runtime = std::thread::spawn({
            let other = other.clone();
            move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    open(&url(&other), OPTIONS, Nodes::new)
                        .await
                        .unwrap()
                        .close()
                        .await;
                });
            }
        });
        runtime.join().unwrap();
        fs::rename(beside(&other, "-nodes"), beside(path, "-nodes")).unwrap();
    }),
];

/// Under each fault, a revocation returns only when no node has a lease with which it could still
/// accept the key. The node then serves again soon.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_waits_for_nodes_whose_file_was_lost() {
    for (name, fault) in FAULTS {
        let database = TestDatabase::sqlite();
        let service = open_new(&database).await;
        let key = add_key(&service).await;
        let node = follow(&service).await;
        let path = file(&database);
        assert!(node.hold().is_some());
        fault(&path);
        let command = open_new(&database).await;
        command.api_keys.revoke(&key.id, origin()).await.unwrap();
        // A lease that runs now was taken after the node had applied the revocation, or the file
        // was never trusted.
        let revision = command.events.revision().await.unwrap();
        assert!(
            node.hold().is_none() || node.applied() >= revision,
            "{name}"
        );
        wait_for(name, || node.hold().is_some() && node.applied() >= revision).await;
        assert_eq!(
            value(&path, "SELECT nodes_file FROM catalog").await,
            value(&beside(&path, "-nodes"), "SELECT id FROM nodes_file").await,
            "{name}"
        );
        assert_eq!(
            value(
                &beside(&path, "-nodes"),
                "SELECT CAST(count(*) AS TEXT) FROM nodes"
            )
            .await,
            "1",
            "{name}"
        );
        let is_aside = fs::read_dir(path.parent().unwrap()).unwrap().any(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with("models.db-nodes.damaged-")
        });
        // The remaining log beside the file of another database may damage it.
        if name != "another database's file" {
            let is_damage = name.starts_with("damaged")
                || name.ends_with("empty file")
                || name.ends_with("directory");
            assert_eq!(is_aside, is_damage, "{name}");
        }
        node.leave().await;
    }
}

/// Here a long-running process revokes the key and must wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_has_lost_the_nodes_file_waits_for_a_lease() {
    let database = TestDatabase::sqlite();
    let (one, other) = (open_new(&database).await, open_new(&database).await);
    let key = add_key(&one).await;
    let node = follow(&other).await;
    // Neither a node nor a barrier of the process has checked the file since.
    for suffix in ["-nodes", "-nodes-wal", "-nodes-shm"] {
        fs::remove_file(beside(&file(&database), suffix)).unwrap();
    }
    let began = Instant::now();
    one.api_keys.revoke(&key.id, origin()).await.unwrap();
    assert!(began.elapsed() >= OPTIONS.lease, "{:?}", began.elapsed());
    let revision = one.events.revision().await.unwrap();
    assert!(node.hold().is_none() || node.applied() >= revision);
    node.leave().await;
}
