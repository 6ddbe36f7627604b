use std::sync::Arc;
use std::time::Duration;

use models_core::{
    Actor, Change, Context, DefaultProject, LeaseRepository, NodeRepository, Organization,
    OrganizationId, Origin, ProjectId, RepositoryError, Timestamp,
};
use models_node::Nodes;
use test_database::TestDatabase;
use uuid::Uuid;

use super::*;
use crate::catalog::{Backend, Database, Mutation, SqlStore};
use crate::opening::{Options, connect_to_file, connect_to_server};

const OPTIONS: Options = Options {
    max_connections: 2,
    connect_timeout: Duration::from_secs(10),
    lease: Duration::from_secs(15),
    create: true,
};

/// A level that this program does not support.
const NEXT: Level = Level(Level::SUPPORTED.0 + 1);

/// The registration statement of programs from before levels existed.
const REGISTER_OF_AN_OLDER_VERSION: &str =
    "INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms) VALUES ($1, '', -1, 0, $2)";

fn with_a_barrier<DB: Backend>(database: Database<DB>) -> SqlStore<DB> {
    let nodes = Nodes::new(Arc::new(database.clone()));
    SqlStore {
        database,
        barrier: Arc::new(nodes),
    }
}

async fn register_older<DB: Backend>(
    store: &SqlStore<DB>,
    id: &str,
) -> Result<(), RepositoryError> {
    let values = vec![id.into(), 15_000.into()];
    let registered = store.nodes_statement::<(i64,)>(REGISTER_OF_AN_OLDER_VERSION, values);
    registered.await.map(drop)
}

async fn begin<DB: Backend>(store: &SqlStore<DB>) -> Result<Mutation<DB>, RepositoryError> {
    let origin = Origin {
        actor: Actor::CommandLine,
        at: Timestamp::from_seconds(1),
        context: Context::default(),
    };
    Mutation::begin(store, origin).await
}

async fn record<DB: Backend>(mutation: &mut Mutation<DB>) {
    let organization = Organization {
        id: OrganizationId::from_uuid(Uuid::now_v7()),
        slug: "acme".parse().unwrap(),
        name: "Acme".parse().unwrap(),
        default_project: DefaultProject {
            id: ProjectId::from_uuid(Uuid::now_v7()),
            name: "Default".parse().unwrap(),
        },
        created_at: Timestamp::from_seconds(1),
        disabled_at: None,
    };
    mutation
        .record(&Change::OrganizationCreated(organization))
        .await
        .unwrap();
}

fn at_level<DB: Backend>(store: &SqlStore<DB>, level: Level) -> SqlStore<DB> {
    let database = Database {
        level,
        ..store.database.clone()
    };
    SqlStore {
        database,
        barrier: store.barrier.clone(),
    }
}

async fn a_raise_is_refused_while_older_nodes_are_registered<DB: Backend>(store: &SqlStore<DB>) {
    register_older(store, "node_old").await.unwrap();
    let lease = OPTIONS.lease;
    store.register("node_present", lease).await.unwrap();
    at_level(store, NEXT)
        .register("node_new", lease)
        .await
        .unwrap();

    let mut mutation = begin(store).await.unwrap();
    match mutation.raise_level(NEXT).await {
        Err(RepositoryError::OlderNodes(ids)) => assert_eq!(ids, ["node_old", "node_present"]),
        other => panic!("{other:?}"),
    }
    mutation.roll_back().await.unwrap();
    assert_eq!(store.read_catalog().await.unwrap().level, Level::FIRST);
    register_older(store, "node_late").await.unwrap();
    for id in ["node_old", "node_present", "node_late"] {
        store.remove(id).await.unwrap();
    }
}

async fn a_raise_keeps_older_programs_out<DB: Backend>(store: &SqlStore<DB>) {
    let mut mutation = begin(store).await.unwrap();
    mutation.raise_level(NEXT).await.unwrap();
    record(&mut mutation).await;
    // A program of an older version starts between the check and the commit.
    let starting = tokio::spawn({
        let store = store.clone();
        async move { register_older(&store, "node_between").await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    mutation.commit().await.unwrap();
    assert!(starting.await.unwrap().is_err());
    assert!(register_older(store, "node_after").await.is_err());

    let supporting = at_level(store, NEXT);
    assert_eq!(supporting.read_catalog().await.unwrap().level, NEXT);
    supporting
        .register("node_next", OPTIONS.lease)
        .await
        .unwrap();
    for outdated in [
        store.find().await.err(),
        begin(store).await.err(),
        store.enter_lease().await.err(),
    ] {
        let needed = match outdated {
            Some(RepositoryError::Outdated { needed, .. }) => Some(needed),
            other => panic!("{other:?}"),
        };
        assert_eq!(needed, Some(NEXT));
    }
    let ids: Vec<(String,)> = store
        .nodes_statement("SELECT id FROM nodes ORDER BY id", vec![])
        .await
        .unwrap();
    assert_eq!(ids, [("node_new".to_owned(),), ("node_next".to_owned(),)]);
}

#[tokio::test]
async fn levels_on_sqlite() {
    let database = TestDatabase::sqlite();
    let (opened, ..) = connect_to_file(database.url(), OPTIONS).await.unwrap();
    let store = with_a_barrier(opened);
    a_raise_is_refused_while_older_nodes_are_registered(&store).await;
    a_raise_keeps_older_programs_out(&store).await;
}

#[tokio::test]
async fn levels_on_postgres() {
    let database = TestDatabase::postgres().await;
    let (opened, ..) = connect_to_server(database.url(), OPTIONS, None)
        .await
        .unwrap();
    let store = with_a_barrier(opened);
    a_raise_is_refused_while_older_nodes_are_registered(&store).await;
    a_raise_keeps_older_programs_out(&store).await;
}

/// SQLite does not commit its two files together.
#[tokio::test]
async fn an_uncommitted_raise_is_undone_when_the_file_is_opened_again() {
    let database = TestDatabase::sqlite();
    let (opened, ..) = connect_to_file(database.url(), OPTIONS).await.unwrap();
    let store = with_a_barrier(opened);
    let mut mutation = begin(&store).await.unwrap();
    mutation.raise_level(NEXT).await.unwrap();
    mutation.roll_back().await.unwrap();
    assert!(register_older(&store, "node_old").await.is_err());
    let (opened, ..) = connect_to_file(database.url(), OPTIONS).await.unwrap();
    let store = with_a_barrier(opened);
    register_older(&store, "node_old").await.unwrap();
}

/// The file of a program from before levels existed, with a running node.
#[tokio::test]
async fn the_file_of_an_older_version_gets_levels_and_keeps_its_rows() {
    let database = TestDatabase::sqlite();
    let nodes = format!("{}-nodes", database.url());
    let options = nodes.parse::<sqlx::sqlite::SqliteConnectOptions>().unwrap();
    let older = SqlitePool::connect_with(options.create_if_missing(true))
        .await
        .unwrap();
    older
        .execute(
            "CREATE TABLE IF NOT EXISTS nodes (id TEXT NOT NULL PRIMARY KEY, epoch TEXT NOT NULL, \
            applied_revision INTEGER NOT NULL, renewal INTEGER NOT NULL, lease_ms INTEGER NOT NULL) STRICT; \
            INSERT INTO nodes VALUES ('node_old', 'e', 3, 4, 15000)",
        )
        .await
        .unwrap();
    let (opened, ..) = connect_to_file(database.url(), OPTIONS).await.unwrap();
    let store = with_a_barrier(opened);
    let rows: Vec<(String, i64, i64)> = store
        .nodes_statement("SELECT id, renewal, level FROM nodes", vec![])
        .await
        .unwrap();
    assert_eq!(rows, [("node_old".to_owned(), 4, 0)]);
    // The older node can still renew.
    let renewed = older
        .execute("UPDATE nodes SET renewal = 5 WHERE id = 'node_old'")
        .await
        .unwrap();
    assert_eq!(renewed.rows_affected(), 1);
}
