//! Newer versions beside this one: unknown rows of the event log and higher levels of the catalog.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use models_core::{Level, LogEntry, RepositoryError, Revision, Scope};
use models_node::Nodes;
use models_store::{OpenError, Options, open};

use super::scene::Scene;
use crate::OPTIONS;
use crate::fixtures::{add_models, id, origin};

/// A lease long enough that a wait for it cannot be mistaken for a slow machine.
const LONG_LEASE: Options = Options {
    lease: Duration::from_mins(1),
    ..OPTIONS
};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_row_drops_the_caches_and_is_applied() {
    const MODEL: &str = r#"{"type":"model.deleted","details":{"id":"a","scope":"public","created":1,"owned_by":"b","shutdown_date":null}}"#;
    let rows = [
        // Rows with a kind or an actor of a newer version.
        (
            1,
            "command_line",
            "group.created",
            r#"{"type":"group.created","details":{}}"#,
        ),
        (1, "oidc:workload-7", "model.deleted", MODEL),
        // Rows that are damaged in each column.
        (1, "command_line", "model.deleted", "{"),
        (
            1,
            "command_line",
            "model.deleted",
            r#"{"type":"model.deleted","details":{"id":7}}"#,
        ),
        (1, "command_line", "model.created", MODEL),
        (-1, "command_line", "model.deleted", MODEL),
    ];
    for scene in Scene::on_both_databases(LONG_LEASE).await {
        let understood = scene
            .append(1, "command_line", "model.deleted", MODEL)
            .await;
        scene
            .until("the node has applied the row", async |scene| {
                scene.node.applied() >= understood
            })
            .await;
        assert_eq!(
            *scene.memory.applied.lock().unwrap(),
            [understood],
            "the test has an effect"
        );
        assert_eq!(
            scene.memory.invalidated.load(Ordering::Relaxed),
            0,
            "the test has an effect"
        );
        for (count, (at, actor, kind, change)) in (1..).zip(rows) {
            let revision = scene.append(at, actor, kind, change).await;
            scene
                .until("the node has applied the row", async |scene| {
                    scene.node.applied() >= revision
                })
                .await;
            assert_eq!(
                scene.entries_after(revision.0 - 1).await,
                [LogEntry::Unknown(revision)]
            );
            assert_eq!(
                scene.memory.invalidated.load(Ordering::Relaxed),
                count,
                "{kind} {change}"
            );
            let published = "SELECT applied_revision FROM nodes";
            scene
                .until("the node's row has the revision", async |scene| {
                    scene.number(published).await == Some(revision.0)
                })
                .await;
            assert!(scene.node.hold().is_some(), "the node keeps its lease");
        }
        let forgotten = scene.memory.forgotten.load(Ordering::Relaxed);
        assert_eq!(forgotten, 1, "the node forgets only when it starts");
        deletions_do_not_wait(&scene).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_row_drops_the_caches_and_is_applied() {
    for scene in Scene::on_both_databases(LONG_LEASE).await {
        for advance in [1, 1_500] {
            let revision = scene.store.events.revision().await.unwrap().0 + advance;
            scene
                .execute(&format!("UPDATE catalog SET revision = {revision}"))
                .await;
            scene
                .until("the node has applied the row", async |scene| {
                    scene.node.applied().0 >= revision
                })
                .await;
            assert!(scene.memory.invalidated.swap(0, Ordering::Relaxed) >= 1);
            assert!(scene.node.hold().is_some(), "the node keeps its lease");
        }
        deletions_do_not_wait(&scene).await;
    }
}

/// A deletion returns as soon as the node has applied it.
async fn deletions_do_not_wait(scene: &Scene) {
    let began = Instant::now();
    add_models(&scene.store, &Scope::Public, &[("own", 1)]).await;
    let own = id("own");
    let deleted = scene.store.models.delete(&Scope::Public, &own, origin());
    assert!(deleted.await.unwrap().is_some());
    assert!(
        began.elapsed() < LONG_LEASE.lease / 2,
        "{}",
        scene.store.kind
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_below_the_catalogs_level_leaves_and_does_not_return() {
    for scene in Scene::on_both_databases(LONG_LEASE).await {
        assert_eq!(scene.node.needed_level(), None);
        // The level rises in the transaction of a change.
        scene
            .execute(
                "BEGIN; UPDATE catalog SET revision = revision + 1, level = 3, level_version = '9.8.7'; \
                INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) SELECT revision, 1, 'command_line', 'model.deleted', NULL, 'x', '{}' FROM catalog; \
                COMMIT",
            )
            .await;
        scene
            .until("the node has no lease", async |scene| {
                scene.node.hold().is_none()
            })
            .await;
        scene
            .until("the node's row is gone", async |scene| {
                scene.number("SELECT count(*) FROM nodes").await == Some(0)
            })
            .await;
        assert_eq!(scene.node.needed_level(), Some(Level(3)));
        assert_eq!(
            scene.node.applied(),
            Revision(0),
            "the node applied nothing"
        );
        assert_eq!(scene.memory.invalidated.load(Ordering::Relaxed), 0);
        let outdated = scene.store.events.position().await;
        let said = outdated.map_err(|error| error.to_string());
        assert_eq!(
            said,
            Err("the catalog is at level 3, and this program supports level 2; run version 9.8.7 or newer".to_owned())
        );
        let own = id("own");
        let changed = scene.store.models.delete(&Scope::Public, &own, origin());
        let changed = changed.await;
        assert!(
            matches!(changed, Err(RepositoryError::Outdated { .. })),
            "{changed:?}"
        );
        match open(scene.database.url(), OPTIONS, Nodes::new).await.err() {
            Some(error @ OpenError::Level { .. }) => assert_eq!(
                error.to_string(),
                "the catalog is at level 3, and this program supports level 2; run version 9.8.7 or newer of the program"
            ),
            other => panic!("{other:?}"),
        }
        // The node does not return by itself.
        scene.execute("UPDATE catalog SET level = 1").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(scene.node.hold().is_none());
        assert_eq!(scene.number("SELECT count(*) FROM nodes").await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_cannot_read_the_log_for_a_lease_withdraws_until_it_can() {
    for scene in Scene::on_both_databases(OPTIONS).await {
        scene
            .execute(
                "BEGIN; UPDATE catalog SET revision = revision + 1; \
                ALTER TABLE events RENAME TO away; COMMIT",
            )
            .await;
        scene
            .until("the node's row is gone", async |scene| {
                scene.number("SELECT count(*) FROM nodes").await == Some(0)
            })
            .await;
        assert!(scene.node.hold().is_none());
        // The node does not register while it cannot read the log.
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(scene.number("SELECT count(*) FROM nodes").await, Some(0));
        scene.execute("ALTER TABLE away RENAME TO events").await;
        scene
            .until("the node serves again", async |scene| {
                scene.node.hold().is_some()
            })
            .await;
        assert_eq!(scene.number("SELECT count(*) FROM nodes").await, Some(1));
        assert_eq!(
            scene.memory.forgotten.load(Ordering::Relaxed),
            2,
            "the node started with empty memory"
        );
    }
}
