//! Copies that fail half-way.

use std::time::Duration;

use models_core::Scope;
use models_store::{CopyError, CopyStep, undo_copy};
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use tokio::time::timeout;

use super::scene::Scene;
use crate::fixtures::ids;

/// A limit for a wait that ends soon.
const PATIENCE: Duration = Duration::from_secs(30);

const RAISE: &str = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused'; END $$;";

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_refuses_a_row_stays_empty() {
    let scene = Scene::small().await;
    scene.open_target().await.close().await;
    scene
        .on_target(&format!(
            "{RAISE} CREATE TRIGGER refuse BEFORE INSERT ON api_keys FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
    let said = scene.refusal().await;
    assert!(
        said.starts_with("the target failed, and nothing was changed") && said.contains("refused"),
        "{said}"
    );
    scene.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_changes_a_row_is_noticed() {
    let changes = [
        "NEW.owned_by := 'another'; RETURN NEW;",
        "IF NEW.id = 'b' THEN RETURN NULL; END IF; RETURN NEW;",
    ];
    for change in changes {
        let scene = Scene::small().await;
        scene.open_target().await.close().await;
        scene
            .on_target(&format!(
                "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change} END $$; \
                CREATE TRIGGER change BEFORE INSERT ON models FOR EACH ROW EXECUTE FUNCTION change()"
            ))
            .await;
        let refused = scene.copy().await.unwrap_err();
        assert!(
            matches!(&refused, CopyError::Differs(table) if table == "models"),
            "{refused}"
        );
        scene.assert_unchanged().await;
    }
}

/// Runs the future inside of a synchronous report.
fn wait_for<T>(work: impl Future<Output = T>) -> T {
    block_in_place(|| Handle::current().block_on(work))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_leaves_both_databases_as_they_were() {
    const END: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    type Moment = fn(&CopyStep<'_>) -> bool;
    let moments: [Moment; 2] = [
        |step| matches!(step, CopyStep::Copy("models")),
        |step| matches!(step, CopyStep::Verify("models")),
    ];
    for is_moment in moments {
        let scene = Scene::small().await;
        let report = |step: CopyStep<'_>| {
            if is_moment(&step) {
                wait_for(scene.on_target(END));
            }
        };
        let refused = scene.copy_with(report).await.unwrap_err();
        assert!(matches!(refused, CopyError::Write(_)), "{refused}");
        scene.assert_unchanged().await;
    }
}

/// The mark of the source is committed before the target is, and is removed again.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_commit_leaves_both_databases_as_they_were() {
    let scene = Scene::small().await;
    scene.open_target().await.close().await;
    scene
        .on_target(&format!(
            "{RAISE} CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON models DEFERRABLE INITIALLY DEFERRED \
            FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
    let refused = scene.copy().await.unwrap_err();
    assert!(matches!(refused, CopyError::Write(_)), "{refused}");
    scene.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_in_doubt_leaves_the_source_marked() {
    let scene = Scene::small().await;
    scene.open_target().await.close().await;
    scene
        .on_target(
            "CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
            PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$; \
            CREATE CONSTRAINT TRIGGER vanish AFTER INSERT ON models DEFERRABLE INITIALLY DEFERRED \
            FOR EACH ROW EXECUTE FUNCTION vanish()",
        )
        .await;
    let refused = scene.copy().await.unwrap_err();
    let said = refused.to_string();
    assert!(
        matches!(refused, CopyError::InDoubt { .. }) && said.contains("copy --undo"),
        "{said}"
    );
    let again = scene.refusal().await;
    assert!(again.contains("was moved to"), "{again}");
    undo_copy(scene.source.url()).await.unwrap();
    scene.assert_unchanged().await;
}

/// The node has opened the source before the copy locked it.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_registers_during_the_copy_ends_it() {
    let scene = Scene::small().await;
    let report = |step: CopyStep<'_>| {
        if matches!(step, CopyStep::Verify("models")) {
            wait_for(scene.on_nodes(
                "INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms, level) VALUES ('node_x', '', 1, 5, 1500, 2)",
            ));
        }
    };
    let refused = scene.copy_with(report).await.unwrap_err();
    assert!(
        matches!(&refused, CopyError::Running(ids) if ids == &["node_x"]),
        "{refused}"
    );
    scene.on_nodes("DELETE FROM nodes").await;
    scene.assert_unchanged().await;
}

/// Without the mark, two databases would serve one catalog once the target has committed.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_removes_the_mark_while_the_target_commits() {
    const COMMITS: &str = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity \
        WHERE datname = current_database() AND state = 'active' AND query = 'COMMIT')";
    let scene = Scene::small().await;
    scene.open_target().await.close().await;
    scene
        .on_target(
            "CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$; \
            CREATE CONSTRAINT TRIGGER pause AFTER INSERT ON organizations DEFERRABLE INITIALLY DEFERRED \
            FOR EACH ROW EXECUTE FUNCTION pause()",
        )
        .await;
    let removing = async {
        while !scene.target_answers(COMMITS).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        scene
            .try_on_source("UPDATE catalog SET moved_to = ''")
            .await
    };
    let (copied, removed) = tokio::join!(scene.copy(), timeout(PATIENCE, removing));
    copied.unwrap();
    let error = removed.unwrap().unwrap_err().to_string();
    assert!(error.contains("locked"), "{error}");
    assert!(scene.refusal().await.contains("was moved to"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_to_the_source_during_a_copy() {
    let scene = Scene::small().await;
    let report = |step: CopyStep<'_>| {
        if matches!(step, CopyStep::Copy("models")) {
            let blocked = wait_for(scene.try_on_source("DELETE FROM models"));
            assert!(blocked.is_err(), "the source must be locked");
        }
    };
    scene.copy_with(report).await.unwrap();
    let store = scene.open_target().await;
    let models = store.models.list(&Scope::Public).await.unwrap();
    assert_eq!(ids(&models), ["a", "b"]);
    store.close().await;
}
