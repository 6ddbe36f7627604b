//! All processes of a catalog use one lease, independent of their settings.

use std::time::{Duration, Instant};

use models_core::{Change, LogEntry, RepositoryError, Revision, Scope};
use models_node::Nodes;
use models_store::{Options, open};
use sqlx::{Connection, Executor, PgConnection};

use super::scene::Scene;
use crate::OPTIONS;
use crate::fixtures::{PAGE, add_models, id, origin};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn with(lease: u64) -> Options {
    Options {
        lease: seconds(lease),
        ..OPTIONS
    }
}

/// The node has the longer setting and is cut off. The deleting process has the shorter one and
/// cannot read the nodes' rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_cannot_read_the_nodes_waits_for_the_lease_in_force() {
    for scene in Scene::on_both_databases(with(9)).await {
        add_models(&scene.store, &Scope::Public, &[("own", 1)]).await;
        let operator = open(scene.database.url(), with(3), Nodes::new)
            .await
            .unwrap();
        scene
            .until("the node has a fresh lease", async |scene| {
                scene.node.lease_remaining() > seconds(7)
            })
            .await;
        scene
            .execute_on_nodes("ALTER TABLE nodes RENAME TO away")
            .await;
        let own = id("own");
        let deleted = operator.models.delete(&Scope::Public, &own, origin());
        assert!(deleted.await.unwrap().is_some());
        assert!(
            scene.node.hold().is_none(),
            "{}: the node serves a deleted model",
            scene.store.kind
        );
        scene
            .execute_on_nodes("ALTER TABLE away RENAME TO nodes")
            .await;
    }
}

/// The deleting process waits for a lock on the nodes' rows, as an operator's statement may take
/// it.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_waits_for_a_lock_on_the_nodes_waits_for_the_lease_in_force() {
    let [_, scene] = Scene::on_both_databases(with(9)).await;
    add_models(&scene.store, &Scope::Public, &[("own", 1)]).await;
    let operator = open(scene.database.url(), with(3), Nodes::new)
        .await
        .unwrap();
    scene
        .until("the node has a fresh lease", async |scene| {
            scene.node.lease_remaining() > seconds(7)
        })
        .await;
    let mut lock = PgConnection::connect(scene.database.url()).await.unwrap();
    lock.execute("BEGIN; LOCK TABLE nodes IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let own = id("own");
    let deleted = operator.models.delete(&Scope::Public, &own, origin());
    assert!(deleted.await.unwrap().is_some());
    assert!(
        scene.node.hold().is_none(),
        "the node serves a deleted model"
    );
    lock.execute("ROLLBACK").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_uses_the_lease_in_force_and_not_its_setting() {
    for scene in Scene::on_both_databases(with(4)).await {
        let other = open(scene.database.url(), with(300), Nodes::new)
            .await
            .unwrap();
        let node = other.nodes.follow(Scene::follower()).await.unwrap();
        assert!(node.lease_remaining() <= seconds(4));
        let longest = scene.number("SELECT MAX(lease_ms) FROM nodes").await;
        assert_eq!(longest, Some(4_000));
        let leases = other.lease.find().await.unwrap().unwrap();
        assert_eq!((leases.in_force, leases.previous), (seconds(4), seconds(4)));
        node.leave().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_lease_reaches_running_nodes_and_ends() {
    for scene in Scene::on_both_databases(with(6)).await {
        let before = scene.store.events.revision().await.unwrap();
        let began = Instant::now();
        let leases = scene.store.lease.set(seconds(3), origin()).await.unwrap();
        assert_eq!((leases.in_force, leases.previous), (seconds(3), seconds(6)));
        assert_eq!(leases.changed_at, before.next());
        let logged = scene.store.events.list_after(before, PAGE);
        let logged = logged.await.unwrap();
        let [LogEntry::Event(event)] = &logged.value.items[..] else {
            panic!("{logged:?}")
        };
        let change = Change::LeaseUpdated {
            before_seconds: Some(6),
            after_seconds: 3,
        };
        assert_eq!(event.change, change);
        let in_rows = async |scene: &Scene| scene.number("SELECT lease_ms FROM nodes").await;
        scene
            .until("the node uses the shorter one", async |scene| {
                in_rows(scene).await == Some(3_000)
            })
            .await;
        assert!(scene.node.lease_remaining() <= seconds(3));
        let previous = async |scene: &Scene| {
            let leases = scene.store.lease.find().await.unwrap();
            leases.unwrap().previous
        };
        scene
            .until("the change ends", async |scene| {
                previous(scene).await == seconds(3)
            })
            .await;
        assert!(
            began.elapsed() >= seconds(6),
            "the change ends only after the longer lease"
        );

        // Setting the same lease again changes nothing.
        let at = scene.store.events.revision().await.unwrap();
        scene.store.lease.set(seconds(3), origin()).await.unwrap();
        assert_eq!(scene.store.events.revision().await.unwrap(), at);

        // Nodes use a longer lease only after barriers have waited for it long enough.
        let began = Instant::now();
        let leases = scene.store.lease.set(seconds(5), origin()).await.unwrap();
        assert_eq!(
            (leases.of_nodes(), leases.of_barriers()),
            (seconds(3), seconds(5))
        );
        scene
            .until("the node uses the longer one", async |scene| {
                in_rows(scene).await == Some(5_000)
            })
            .await;
        assert!(began.elapsed() >= seconds(5));
    }
}

/// Uses the row of a node of a version that does not support leases in the catalog.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_lease_is_refused_beside_nodes_that_do_not_support_it() {
    for scene in Scene::on_both_databases(OPTIONS).await {
        scene
            .execute_on_nodes(
                "INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms) \
                VALUES ('node_old', '', -1, 0, 60000)",
            )
            .await;
        let refused = scene.store.lease.set(seconds(5), origin()).await;
        match refused {
            Err(RepositoryError::OlderNodes(ids)) => assert_eq!(ids, ["node_old"]),
            other => panic!("{other:?}"),
        }
        assert_eq!(scene.store.events.revision().await.unwrap(), Revision(0));
        // Barriers that cannot read the rows wait for the older node's lease.
        scene
            .until("its lease is the previous one", async |scene| {
                let leases = scene.store.lease.find().await.unwrap().unwrap();
                leases.of_barriers() == seconds(60) && leases.of_nodes() == OPTIONS.lease
            })
            .await;
    }
}
