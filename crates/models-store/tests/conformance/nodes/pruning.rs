//! Nodes beside a removal of the beginning of the log.

use std::sync::atomic::Ordering;

use models_core::{Origin, Revision, Scope, Timestamp};

use super::scene::Scene;
use crate::OPTIONS;
use crate::fixtures::{NOW, add_models, add_organization, origin};

fn tomorrow() -> Origin {
    Origin {
        at: Timestamp::from_seconds(NOW.seconds() + 24 * 3_600),
        ..origin()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_a_node_has_not_applied_stay() {
    for scene in Scene::on_both_databases(OPTIONS).await {
        for slug in ["a", "b", "c"] {
            add_organization(&scene.store, slug).await;
        }
        scene
            .until("the node has applied the log", async |scene| {
                scene.node.applied() == Revision(3)
            })
            .await;
        // Rows of nodes that hold their leases for an hour: one is behind, the others read the log from its end.
        scene
            .until("the node's row names its epoch", async |scene| {
                scene.number("SELECT applied_revision FROM nodes").await == Some(3)
            })
            .await;
        scene
            .execute_on_nodes(
                "INSERT INTO nodes (id, renewal, lease_ms, epoch, applied_revision, level) \
                    SELECT 'behind', 0, 3600000, epoch, 2, level FROM nodes; \
                INSERT INTO nodes (id, renewal, lease_ms, epoch, applied_revision, level) \
                    SELECT 'new', 0, 3600000, '', -1, level FROM nodes WHERE id = 'behind'; \
                INSERT INTO nodes (id, renewal, lease_ms, epoch, applied_revision, level) \
                    SELECT 'elsewhere', 0, 3600000, 'e', 1, level FROM nodes WHERE id = 'behind'",
            )
            .await;
        let prune = || scene.store.audit.prune(NOW_AND_LATER, tomorrow());
        assert_eq!(prune().await.unwrap(), 2, "{}", scene.store.kind);
        let kept: Vec<_> = scene.entries_after(2).await;
        let kept: Vec<i64> = kept.iter().map(|entry| entry.revision().0).collect();
        assert_eq!(kept, [3, 4]);
        assert_eq!(prune().await.unwrap(), 0);
        scene
            .execute_on_nodes("DELETE FROM nodes WHERE id = 'behind'")
            .await;
        assert_eq!(prune().await.unwrap(), 1);
        // The node has read each event before it was removed, and keeps its memory.
        scene
            .until("the node has applied the removals", async |scene| {
                scene.node.applied() == Revision(5)
            })
            .await;
        assert_eq!(scene.memory.invalidated.load(Ordering::Relaxed), 0);
    }
}

const NOW_AND_LATER: Timestamp = Timestamp::from_seconds(NOW.seconds() + 1);

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_starts_after_a_removal_follows_the_rest_of_the_log() {
    for scene in Scene::on_both_databases(OPTIONS).await {
        add_models(&scene.store, &Scope::Public, &[("a", 1), ("b", 1)]).await;
        scene.node.leave().await;
        let removed = scene.store.audit.prune(NOW_AND_LATER, tomorrow()).await;
        assert_eq!(removed.unwrap(), 2);
        let node = scene
            .store
            .nodes
            .follow(scene.memory.clone())
            .await
            .unwrap();
        assert!(node.hold().is_some());
        assert_eq!(node.applied(), Revision(3));
        add_models(&scene.store, &Scope::Public, &[("c", 1)]).await;
        node.catch_up().await.unwrap();
        assert_eq!(node.applied(), Revision(4));
        assert_eq!(
            scene.memory.applied.lock().unwrap().last(),
            Some(&Revision(4))
        );
        assert_eq!(scene.memory.invalidated.load(Ordering::Relaxed), 0);
        node.leave().await;
    }
}
