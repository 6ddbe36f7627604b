//! A store whose server falls silent in mid-statement, ends connections, or cannot notify.

use std::sync::Arc;
use std::time::{Duration, Instant};

use models_core::{Epoch, Event, Follower, RepositoryError, Role};
use models_node::{Following, Nodes};
use models_store::open;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use test_database::{Proxy, TestDatabase};

use crate::fixtures::{add_api_key, add_organization, organization, origin};
use crate::{OPTIONS, Store};

/// The promised recovery time, and one more attempt.
const BACK_WITHIN: Duration = Duration::from_secs(10);

struct NoMemory;

impl Follower for NoMemory {
    fn apply(&self, _: &[Event]) {}

    fn begin_epoch(&self, _: &Epoch) {}

    fn invalidate(&self) {}
}

async fn follow(store: &Store) -> Following {
    store.nodes.follow(Arc::new(NoMemory)).await.unwrap()
}

async fn administrator(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

/// Without deadlines, recovery takes as long as the kernel waits for an acknowledgement: 15
/// minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_recovers_soon_from_connections_that_fall_silent_in_mid_statement() {
    let database = TestDatabase::postgres().await;
    let proxy = Proxy::before(database.url()).await;
    let store = open(proxy.url(), OPTIONS, Nodes::new).await.unwrap();
    add_organization(&store, "acme").await;
    let following = follow(&store).await;
    // All statements of the node wait for these locks.
    let mut other = administrator(&database).await;
    let lock = "BEGIN; LOCK TABLE nodes, catalog, events, organizations, api_keys, models";
    other.execute(lock).await.unwrap();
    let reading: Vec<_> = (0..OPTIONS.max_connections)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.organizations.list().await })
        })
        .collect();
    let writing: Vec<_> = ["one", "two", "three"]
        .map(|slug| {
            let store = store.clone();
            let inserting = async move {
                let inserting = store.organizations.insert(organization(slug), origin());
                inserting.await
            };
            tokio::spawn(inserting)
        })
        .into();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let (began, before) = (Instant::now(), following.applied());
    proxy.black_hole();
    other.execute("COMMIT").await.unwrap();
    loop {
        let reads = store.organizations.list().await;
        let slug = format!("again-{}", began.elapsed().as_millis());
        let inserting = store.organizations.insert(organization(&slug), origin());
        let is_back = reads.is_ok()
            && inserting.await.is_ok()
            && !following.lease_remaining().is_zero()
            && following.catch_up().await.is_ok();
        let passed = began.elapsed();
        assert!(passed < BACK_WITHIN, "after {passed:?}");
        if is_back {
            break;
        }
    }
    assert!(following.applied() > before);
    for silent in reading {
        let silent = silent.await.unwrap();
        assert!(matches!(
            silent,
            Ok(_) | Err(RepositoryError::Unavailable(_))
        ));
    }
    for silent in writing {
        let silent = silent.await.unwrap();
        assert!(
            matches!(silent, Ok(()) | Err(RepositoryError::Unavailable(_))),
            "{silent:?}"
        );
    }
    // Notifications work again too: a poll would find the event later.
    tokio::time::sleep(BACK_WITHIN.saturating_sub(began.elapsed())).await;
    let mut is_notified = false;
    for number in 0..20 {
        add_organization(&store, &format!("notified-{number}")).await;
        let newest = store.events.revision().await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
        is_notified |= following.applied() >= newest;
    }
    assert!(is_notified);
    following.leave().await;
    tokio::time::timeout(BACK_WITHIN, store.close())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_idle_connections_are_replaced_at_once() {
    let database = TestDatabase::postgres().await;
    let proxy = Proxy::before(database.url()).await;
    let store = open(proxy.url(), OPTIONS, Nodes::new).await.unwrap();
    add_organization(&store, "acme").await;
    store.organizations.list().await.unwrap();
    proxy.black_hole();
    let began = Instant::now();
    store.organizations.list().await.unwrap();
    add_organization(&store, "other").await;
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_commit_is_in_doubt() {
    let database = TestDatabase::postgres().await;
    let proxy = Proxy::before(database.url()).await;
    let store = open(proxy.url(), OPTIONS, Nodes::new).await.unwrap();
    proxy.black_hole_after("COMMIT;");
    let inserting = store.organizations.insert(organization("acme"), origin());
    let error = inserting.await.unwrap_err();
    assert!(proxy.is_triggered() && error.is_in_doubt(), "{error}");
    assert!(error.to_string().contains("may have been made"), "{error}");
    let found = store.organizations.list().await.unwrap();
    assert_eq!(found.len(), 1, "the commit happened");
    // A failure before the commit is not in doubt.
    proxy.black_hole_after("INSERT INTO projects");
    let inserting = store.organizations.insert(organization("other"), origin());
    let error = inserting.await.unwrap_err();
    assert!(proxy.is_triggered() && !error.is_in_doubt(), "{error}");
    assert!(matches!(error, RepositoryError::Unavailable(_)));
    add_organization(&store, "other").await;
}

/// PostgreSQL 15's notification queue holds 8 GB, which a test cannot fill. This function fails
/// like a full queue.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_notification_queue_fails_no_change() {
    let database = TestDatabase::postgres().await;
    let name = database.url().rsplit_once('/').unwrap().1;
    let mut other = administrator(&database).await;
    let path = format!("ALTER DATABASE {name} SET search_path = public, pg_catalog");
    other.execute(AssertSqlSafe(path)).await.unwrap();
    let store = open(database.url(), OPTIONS, Nodes::new).await.unwrap();
    let acme = add_organization(&store, "acme").await;
    let key = add_api_key(&store, &acme, Role::Owner).await.0;
    let following = follow(&store).await;
    let full = "CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS \
        $$ BEGIN RAISE EXCEPTION 'too many notifications in the NOTIFY queue' USING ERRCODE = '54000'; END $$";
    other.execute(full).await.unwrap();
    let revoked = store.api_keys.revoke(&key.id, origin()).await.unwrap();
    assert!(revoked.unwrap().revoked_at.is_some());
    let newest = store.events.revision().await.unwrap();
    assert!(
        following.applied() >= newest,
        "the node has found the event by polling"
    );
    // The connection whose notification failed works too.
    add_organization(&store, "other").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_survive_a_server_that_ends_connections_in_mid_statement() {
    let database = TestDatabase::postgres().await;
    let store = open(database.url(), OPTIONS, Nodes::new).await.unwrap();
    add_organization(&store, "acme").await;
    let reading: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let end = Instant::now() + Duration::from_secs(2);
                let mut reads = 0;
                while Instant::now() < end {
                    assert_eq!(store.organizations.list().await.unwrap().len(), 1);
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    let mut other = administrator(&database).await;
    let name = database.url().rsplit_once('/').unwrap().1;
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    );
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        other.execute(AssertSqlSafe(end.clone())).await.unwrap();
    }
    for reads in reading {
        assert!(reads.await.unwrap() > 0);
    }
}
