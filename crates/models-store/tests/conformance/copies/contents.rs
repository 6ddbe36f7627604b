//! What a copy holds.

use std::collections::BTreeMap;
use std::time::Duration;

use models_core::{Revision, Scope};
use models_node::Nodes;
use models_store::{OpenError, open, undo_copy};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use test_database::TestDatabase;

use super::scene::{ODD_IDS, Scene, fill};
use crate::fixtures::administration::whole;
use crate::fixtures::{add_models, add_organization, id, ids, log, origin, own};
use crate::{OPTIONS, Store};

/// The columns that only one of the databases has.
const OF_SQLITE: [&str; 3] = ["epoch", "moved_to", "nodes_file"];

/// The rows of all tables but the nodes', as sorted JSON arrays. The databases make the JSON, not
/// the store.
type Dump = BTreeMap<String, Vec<String>>;

async fn dump_of_sqlite(database: &TestDatabase) -> Dump {
    let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut dump = Dump::new();
    for table in tables {
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT name FROM pragma_table_info($1) ORDER BY name")
                .bind(&table)
                .fetch_all(&mut connection)
                .await
                .unwrap();
        let pairs = columns
            .iter()
            .filter(|name| table != "catalog" || !OF_SQLITE.contains(&name.as_str()))
            .map(|name| format!("'{name}', \"{name}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let rows = format!("SELECT json_array({pairs}) FROM {table}");
        let rows = sqlx::query_scalar(AssertSqlSafe(rows));
        let rows: Vec<String> = rows.fetch_all(&mut connection).await.unwrap();
        dump.insert(table, normalized(rows));
    }
    dump
}

async fn dump_of_postgres(database: &TestDatabase) -> Dump {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('_sqlx_migrations', 'nodes')",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut dump = Dump::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public' \
            ORDER BY column_name COLLATE \"C\"",
        )
        .bind(&table)
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let pairs: Vec<_> = columns
            .iter()
            .map(|name| format!("'{name}'::text, \"{name}\""))
            .collect();
        let rows = format!(
            "SELECT json_build_array({})::text FROM {table}",
            pairs.join(", ")
        );
        let rows = sqlx::query_scalar(AssertSqlSafe(rows));
        let rows: Vec<String> = rows.fetch_all(&mut connection).await.unwrap();
        dump.insert(table, normalized(rows));
    }
    dump
}

/// The rows in one form of JSON, sorted.
fn normalized(rows: Vec<String>) -> Vec<String> {
    let normalize = |row: String| {
        let value: serde_json::Value = serde_json::from_str(&row).unwrap();
        value.to_string()
    };
    let mut rows: Vec<_> = rows.into_iter().map(normalize).collect();
    rows.sort();
    rows
}

/// Every table and every column of a schema to come is covered too: what one database has and the
/// other has not fails here.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_every_row_of_every_table() {
    let scene = Scene {
        source: TestDatabase::sqlite(),
        target: TestDatabase::postgres().await,
    };
    let store = scene.open_source().await;
    fill(&store).await;
    store.close().await;
    // Texts and numbers that the types of the store do not let in.
    scene
        .on_source(
            "UPDATE models SET owned_by = char(1, 8, 9, 10, 11, 12, 13, 27, 92, 110, 127, 0x85, 0x2028), \
            created = 9223372036854775807 WHERE id = 'kept'; \
            UPDATE api_keys SET name = '', expires_at = -9223372036854775808 WHERE expires_at IS NOT NULL",
        )
        .await;
    let before = dump_of_sqlite(&scene.source).await;
    let empty: Vec<_> = before.iter().filter(|(_, rows)| rows.is_empty()).collect();
    assert!(empty.is_empty(), "the scene fills no {empty:?}");

    let copied = scene.copy().await.unwrap();
    assert_eq!(dump_of_postgres(&scene.target).await, before);
    let counts: BTreeMap<_, _> = copied
        .tables
        .into_iter()
        .map(|table| (table.name, table.rows))
        .collect();
    let expected: BTreeMap<_, _> = before
        .into_iter()
        .map(|(name, rows)| (name, rows.len() as u64))
        .collect();
    assert_eq!(counts, expected);
    // Programs that write no level cannot register on the copy either.
    let mut connection = PgConnection::connect(scene.target.url()).await.unwrap();
    let default: Option<String> = sqlx::query_scalar(
        "SELECT column_default FROM information_schema.columns WHERE table_name = 'nodes' AND column_name = 'level'",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(default, None);
}

/// Everything that the repositories say about the catalog.
async fn view(store: &Store, digests: &[models_core::KeyDigest]) -> Vec<String> {
    let mut lines = vec![
        format!("{:?}", log(store).await),
        format!("{:?}", store.api_keys.list(None).await.unwrap()),
        format!("{:?}", store.lease.find().await.unwrap()),
        format!("{:?}", store.events.token_secret().await.unwrap()),
    ];
    for organization in store.organizations.list().await.unwrap() {
        let organization_id = &organization.id;
        let admin_keys = store.admin_api_keys.list(organization_id, whole()).await;
        let models = store.models.list(&own(&organization)).await.unwrap();
        let settings = store.organizations.settings(organization_id).await;
        lines.push(format!(
            "{organization:?} {models:?} {:?} {:?}",
            admin_keys.unwrap(),
            settings.unwrap()
        ));
    }
    for digest in digests {
        let found = store.credentials.find_by_digest(digest).await.unwrap();
        assert!(found.value.is_some());
        lines.push(format!("{:?}", found.value));
    }
    let public = store.models.list(&Scope::Public).await.unwrap();
    lines.push(format!("{public:?}"));
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalog_goes_on_in_the_copy() {
    let scene = Scene {
        source: TestDatabase::sqlite(),
        target: TestDatabase::postgres().await,
    };
    let store = scene.open_source().await;
    let digests = fill(&store).await;
    let before = view(&store, &digests).await;
    let position = store.events.revision().await.unwrap();
    store.close().await;
    scene.copy().await.unwrap();

    let store = scene.open_target().await;
    assert_eq!(view(&store, &digests).await, before);
    let public = store.models.list(&Scope::Public).await.unwrap();
    for odd in ODD_IDS {
        assert!(ids(&public).contains(&odd), "{odd}");
    }
    let added = add_organization(&store, "new").await;
    add_models(&store, &own(&added), &[("x", 1)]).await;
    let deleted = store
        .models
        .delete(&Scope::Public, &id("kept"), origin())
        .await;
    assert!(deleted.unwrap().is_some());
    let after = store.events.revision().await.unwrap();
    assert_eq!(after, Revision(position.0 + 3));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_catalog_is_refused_until_the_copy_is_undone() {
    let scene = Scene::small().await;
    // This process has the source open when the catalog moves away.
    let old = scene.open_source().await;
    let copied = scene.copy().await.unwrap();
    let refused = open(scene.source.url(), OPTIONS, Nodes::new).await;
    let Err(OpenError::MovedTo { moved_to, .. }) = refused else {
        panic!("a moved catalog must be refused")
    };
    assert_eq!(moved_to, copied.to);
    assert!(!moved_to.contains('@'), "{moved_to}");
    let again = scene.refusal().await;
    assert!(
        again.contains(&moved_to) && again.contains("copy --undo"),
        "{again}"
    );
    let change = old.models.delete(&Scope::Public, &id("a"), origin()).await;
    let refused = change.unwrap_err().to_string();
    assert!(refused.contains("level"), "{refused}");
    let node = old.nodes.follow(crate::nodes::scene::Scene::follower());
    assert!(node.await.is_err(), "no node runs on a moved catalog");
    old.close().await;

    let (file, to) = undo_copy(scene.source.url()).await.unwrap();
    assert_eq!((file, &to), (copied.from, &moved_to));
    let again = undo_copy(scene.source.url()).await.unwrap_err();
    assert!(
        again.to_string().contains("is not marked as moved"),
        "{again}"
    );
    let store = scene.open_source().await;
    add_organization(&store, "still-in-use").await;
    store.close().await;
    let said = scene.refusal().await;
    assert!(
        said.contains("is not empty (it has rows in catalog, "),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_has_an_epoch_of_its_own() {
    let scene = Scene::small().await;
    let epoch = async |store: &Store| {
        let read = store.events.list_after(Revision(0), crate::fixtures::PAGE);
        read.await.unwrap().position.epoch
    };
    let store = scene.open_source().await;
    let before = epoch(&store).await;
    store.close().await;
    scene.copy().await.unwrap();
    let store = scene.open_target().await;
    assert_ne!(epoch(&store).await, before);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_of_a_killed_node_delays_a_copy_for_its_lease() {
    let scene = Scene::small().await;
    scene
        .on_nodes(
            "INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms, level) VALUES ('node_x', '', 1, 5, 1500, 2)",
        )
        .await;
    let start = std::time::Instant::now();
    scene.copy().await.unwrap();
    assert!(
        start.elapsed() >= Duration::from_millis(1_750),
        "{:?}",
        start.elapsed()
    );
}
