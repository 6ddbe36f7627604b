//! The paths of a database's files, and their permissions.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use models_node::Nodes;
use models_store::{OpenError, back_up, open};
use test_database::TestDatabase;

use super::database_files::{beside, file, mode, url};
use crate::fixtures::add_organization;
use crate::{OPTIONS, open_new};

#[tokio::test(flavor = "multi_thread")]
async fn all_paths_to_a_database_share_its_nodes() {
    let database = TestDatabase::sqlite();
    let store = open_new(&database).await;
    let path = file(&database);
    let elsewhere = tempfile::tempdir().unwrap();
    let (link, directory) = (
        elsewhere.path().join("link.db"),
        elsewhere.path().join("directory"),
    );
    symlink(&path, &link).unwrap();
    symlink(path.parent().unwrap(), &directory).unwrap();
    for other in [link, directory.join("models.db")] {
        let other = open(&url(&other), OPTIONS, Nodes::new).await.unwrap();
        assert_eq!(other.location, store.location);
    }
    assert!(!elsewhere.path().join("link.db-nodes").exists());
}

#[tokio::test]
async fn a_file_with_two_names_is_refused() {
    let database = TestDatabase::sqlite();
    open_new(&database).await.close().await;
    let other = beside(&file(&database), ".other");
    fs::hard_link(file(&database), &other).unwrap();
    for path in [&file(&database), &other] {
        let refused = open(&url(path), OPTIONS, Nodes::new).await.err();
        assert!(
            matches!(refused, Some(OpenError::Linked { names: 2, .. })),
            "{refused:?}"
        );
    }
    fs::remove_file(other).unwrap();
    open_new(&database).await;
}

#[tokio::test]
async fn only_the_owner_can_use_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory
        .path()
        .canonicalize()
        .unwrap()
        .join("new/data/models.db");
    let store = open(&url(&path), OPTIONS, Nodes::new).await.unwrap();
    add_organization(&store, "acme").await;
    assert!(store.is_new);
    for made in ["new", "new/data"] {
        assert_eq!(mode(&directory.path().join(made)), 0o700, "{made}");
    }
    for suffix in ["", "-wal", "-shm", "-nodes", "-nodes-wal", "-nodes-shm"] {
        assert_eq!(mode(&beside(&path, suffix)), 0o600, "{suffix}");
    }
    let copy = directory.path().join("copy.db");
    back_up(&url(&path), &copy).await.unwrap();
    assert_eq!(
        (mode(&copy), fs::metadata(&copy).unwrap().nlink()),
        (0o600, 1)
    );
    open(&url(&copy), OPTIONS, Nodes::new).await.unwrap();
}

/// SQLite gives its own files the database's permissions too.
#[tokio::test]
async fn the_nodes_file_has_the_permissions_of_the_database() {
    let database = TestDatabase::sqlite();
    open_new(&database).await.close().await;
    let path = file(&database);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).unwrap();
    fs::remove_file(beside(&path, "-nodes")).unwrap();
    assert!(!open_new(&database).await.is_new);
    assert_eq!(mode(&beside(&path, "-nodes")), 0o660);
}

/// The message names the damaged file and no other.
#[tokio::test]
async fn an_error_names_the_damaged_file() {
    let database = TestDatabase::sqlite();
    open_new(&database).await.close().await;
    let path = file(&database);
    fs::write(
        &path,
        "this text is not a database, and it is not an empty file",
    )
    .unwrap();
    let said = open(database.url(), OPTIONS, Nodes::new)
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        said.contains("models.db: ") && !said.contains("-nodes"),
        "{said}"
    );
}
