//! A SQLite database is its files: which ones, and what becomes of a node when they are not there any more.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use models_core::{ApiKey, Epoch, Event, Follower, RepositoryError, Role};
use models_node::{Following, Nodes};
use models_store::{OpenError, Options, back_up, open};
use sqlx::{Connection, Executor, SqliteConnection};
use test_database::TestDatabase;

use crate::fixtures::{add_api_key, add_organization, origin};
use crate::{OPTIONS, Store, open_new};

fn file(database: &TestDatabase) -> PathBuf {
    Path::new(database.url().trim_start_matches("sqlite://"))
        .canonicalize()
        .unwrap()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    format!("{}{suffix}", path.display()).into()
}

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

/// Applies nothing, so that what it may show shows only in its lease.
struct Stubborn;

impl Follower for Stubborn {
    fn apply(&self, _: &[Event]) {}

    fn invalidate(&self) {}

    fn forget(&self, _: &Epoch) {}
}

async fn follow(store: &Store) -> Following {
    store.nodes.follow(Arc::new(Stubborn)).await.unwrap()
}

async fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn add_key(store: &Store) -> ApiKey {
    let organization = add_organization(store, "acme").await;
    add_api_key(store, &organization, Role::Owner).await.0
}

async fn value(path: &Path, sql: &'static str) -> String {
    let mut connection = SqliteConnection::connect(&url(path)).await.unwrap();
    sqlx::query_scalar(sql)
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

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
async fn files_are_their_owners_alone() {
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

/// As SQLite does with its own files.
#[tokio::test]
async fn the_nodes_file_may_be_used_by_all_who_may_use_the_database() {
    let database = TestDatabase::sqlite();
    open_new(&database).await.close().await;
    let path = file(&database);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).unwrap();
    fs::remove_file(beside(&path, "-nodes")).unwrap();
    assert!(!open_new(&database).await.is_new);
    assert_eq!(mode(&beside(&path, "-nodes")), 0o660);
}

/// Does something to the files beside a database.
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
        fs::write(beside(path, "-nodes"), "these are no nodes").unwrap();
    }),
    ("replaced by a directory", |path| {
        fs::remove_file(beside(path, "-nodes")).unwrap();
        fs::create_dir(beside(path, "-nodes")).unwrap();
    }),
    ("that of another database", |path| {
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

/// Whatever happens to the nodes' file: when a revocation has returned, no node has a lease with which it could still
/// accept the key. And the node serves again soon.
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
        // A lease that runs now was taken after the revocation had been applied, or the file was never trusted.
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
        // The log that stays beside the file of another database may damage it.
        if name != "that of another database" {
            let is_damage = name.starts_with("damaged")
                || name.ends_with("empty file")
                || name.ends_with("directory");
            assert_eq!(is_aside, is_damage, "{name}");
        }
        node.leave().await;
    }
}

/// The long-running process is the one that waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_has_lost_the_nodes_file_waits_for_a_lease() {
    let database = TestDatabase::sqlite();
    let (one, other) = (open_new(&database).await, open_new(&database).await);
    let key = add_key(&one).await;
    let node = follow(&other).await;
    // Neither a node nor a barrier of its own has looked since.
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

/// Nothing is written to a file that is lost, and the node begins anew where it is put back.
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
        // One connection that reads, which is open from the start: a connection that is opened while the log is away
        // would make another log, and read that one from then on.
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

/// A copy of the database in its place has the same id and the same history; the node on the file of before is not forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_in_a_database_that_took_the_place_of_another_waits_for_the_nodes_of_that() {
    let database = TestDatabase::sqlite();
    let service = open_new(&database).await;
    let key = add_key(&service).await;
    let path = file(&database);
    // Everything is in the file itself.
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

#[tokio::test]
async fn the_nodes_file_of_the_version_before_is_kept_with_its_rows() {
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

/// No node outlives its machine.
#[tokio::test]
async fn the_nodes_file_of_an_earlier_boot_is_replaced_and_nobody_waits() {
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
async fn processes_that_start_at_once_agree_on_a_new_nodes_file() {
    let database = TestDatabase::sqlite();
    let store = open_new(&database).await;
    add_key(&store).await;
    store.close().await;
    for _ in 0..5 {
        fs::write(beside(&file(&database), "-nodes"), "these are no nodes").unwrap();
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

/// What is wrong is said of the file that it is wrong with.
#[tokio::test]
async fn an_error_names_the_right_file() {
    let database = TestDatabase::sqlite();
    open_new(&database).await.close().await;
    let path = file(&database);
    fs::write(&path, "this is no database, and too long for an empty one").unwrap();
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

/// The process that made the file may be killed before the catalog names it, and nodes of an older version may have
/// their rows in it.
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
