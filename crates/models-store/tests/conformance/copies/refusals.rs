//! Sources and targets that a copy refuses.

use models_node::Nodes;
use models_store::{CopyError, copy, undo_copy};
use test_database::TestDatabase;

use super::scene::Scene;
use crate::OPTIONS;
use crate::fixtures::add_organization;
use crate::nodes::scene::Scene as NodeScene;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_from_sqlite_to_postgres_only() {
    let scene = Scene::small().await;
    let (file, server) = (scene.source.url(), scene.target.url());
    let refusal = async |from: &str, to: &str| {
        let refused = copy(from, to, OPTIONS, |_| ()).await;
        refused.unwrap_err().to_string()
    };
    assert!(refusal(server, server).await.contains("pg_dump"));
    assert!(refusal(file, file).await.contains("models-api backup FILE"));
    assert!(refusal(file, "mysql://x").await.contains("must begin with"));
    let missing = refusal("sqlite:///nowhere/models.db", server).await;
    assert!(
        missing.contains("there is no database /nowhere/models.db"),
        "{missing}"
    );
    let down = refusal(file, "postgres://me:secret@127.0.0.1:1/models").await;
    assert!(
        down.starts_with("the target: cannot connect to postgres://127.0.0.1:1/models: "),
        "{down}"
    );
    assert!(undo_copy(server).await.is_err());
    let missing = undo_copy("sqlite:///nowhere/models.db").await;
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("there is no database")
    );
    scene.assert_unchanged().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_with_a_running_node_is_refused() {
    let scene = Scene::small().await;
    let store = scene.open_source().await;
    let node = store.nodes.follow(NodeScene::follower()).await.unwrap();
    let said = scene.refusal().await;
    assert!(
        said.starts_with("a service runs on the source (") && said.contains("stop it"),
        "{said}"
    );
    node.leave().await;
    store.close().await;
    scene.assert_unchanged().await;
    scene.copy().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_not_empty_is_refused_and_stays_as_it_is() {
    let scene = Scene::small().await;
    let store = scene.open_target().await;
    add_organization(&store, "theirs").await;
    store.close().await;
    let said = scene.refusal().await;
    assert!(
        said.contains("is not empty (it has rows in catalog, events, organizations, projects)"),
        "{said}"
    );
    let store = scene.open_target().await;
    let organizations = store.organizations.list().await.unwrap();
    assert_eq!(organizations[0].slug.as_str(), "theirs");
    assert_eq!(organizations.len(), 1);
    store.close().await;
    let store = scene.open_source().await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_a_node_is_refused() {
    let scene = Scene::small().await;
    let store = scene.open_target().await;
    let node = store.nodes.follow(NodeScene::follower()).await.unwrap();
    let said = scene.refusal().await;
    assert!(
        said.contains("is not empty (it has rows in nodes)"),
        "{said}"
    );
    node.leave().await;
    store.close().await;
    scene.copy().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_of_another_version_is_refused() {
    let scene = Scene::small().await;
    scene.open_target().await.close().await;
    scene
        .on_target("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'x', TRUE, 'x', 0)")
        .await;
    let said = scene.refusal().await;
    assert!(
        said.contains("the database is newer than this program"),
        "{said}"
    );
    scene
        .on_target("DELETE FROM _sqlx_migrations WHERE version > 9")
        .await;
    let said = scene.refusal().await;
    assert!(
        said.contains("has the tables of schema version 9, and this program needs "),
        "{said}"
    );
    scene.open_source().await.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_postgres_cannot_store_is_named() {
    for (value, reason) in [
        ("'a' || char(0) || 'b'", "it has a NUL character"),
        ("CAST(x'61ff62' AS TEXT)", "it is not UTF-8"),
    ] {
        let scene = Scene::small().await;
        scene
            .on_source(&format!(
                "UPDATE models SET owned_by = {value} WHERE id = 'b'"
            ))
            .await;
        let said = scene.refusal().await;
        assert_eq!(
            said,
            format!(
                "the column owned_by of the table models holds text that PostgreSQL cannot store ({reason})"
            )
        );
        scene.assert_unchanged().await;
    }
}

/// A migration that adds a column to one database alone must not lose it.
#[tokio::test(flavor = "multi_thread")]
async fn databases_with_different_columns_are_refused() {
    for (on_source, on_target) in [
        ("ALTER TABLE models ADD COLUMN more TEXT", "SELECT 1"),
        ("SELECT 1", "ALTER TABLE models ADD COLUMN more TEXT"),
        (
            "ALTER TABLE models ADD COLUMN more TEXT",
            "ALTER TABLE models ADD COLUMN more BIGINT",
        ),
        (
            "CREATE TABLE more (id TEXT NOT NULL PRIMARY KEY) STRICT",
            "SELECT 1",
        ),
    ] {
        let scene = Scene::small().await;
        scene.open_target().await.close().await;
        scene.on_source(on_source).await;
        scene.on_target(on_target).await;
        let refused = scene.copy().await.unwrap_err();
        assert!(matches!(refused, CopyError::Schema(_)), "{refused}");
        scene.assert_unchanged().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_existing_target_without_rows_is_filled() {
    let scene = Scene::small().await;
    scene.open_target().await.close().await;
    let other = TestDatabase::sqlite();
    let store = models_store::open(other.url(), OPTIONS, Nodes::new).await;
    store.unwrap().close().await;
    scene.copy().await.unwrap();
    let said = copy(other.url(), scene.target.url(), OPTIONS, |_| ()).await;
    assert!(matches!(said, Err(CopyError::NotEmpty { .. })));
}
