use std::sync::Mutex;

use async_trait::async_trait;
use models_core::{
    Actor, Context, DefaultProject, EventRepository, Model, ModelRepository, Organization,
    ProjectId, Scope, Timestamp,
};
use test_database::TestDatabase;
use uuid::Uuid;

use super::*;
use crate::catalog::database::Database;
use crate::opening::{Options, connect_to_file, connect_to_server};
use crate::organizations::insert_organization;

const OPTIONS: Options = Options {
    max_connections: 2,
    connect_timeout: Duration::from_secs(10),
    lease: Duration::from_secs(15),
    create: true,
};

/// Records each wait, with the revision that other connections can read meanwhile.
struct RecordingBarrier<DB: Backend> {
    database: Database<DB>,
    waits: Mutex<Vec<(Committed, Revision)>>,
}

#[async_trait]
impl<DB: Backend> Barrier for RecordingBarrier<DB> {
    async fn wait(&self, committed: Committed) {
        let seen = self.database.revision().await.unwrap();
        self.waits.lock().unwrap().push((committed, seen));
    }
}

impl<DB: Backend> RecordingBarrier<DB> {
    fn take(&self) -> Vec<(Committed, Revision)> {
        std::mem::take(&mut self.waits.lock().unwrap())
    }
}

/// For transactions that take nothing away.
struct NoBarrier;

#[async_trait]
impl Barrier for NoBarrier {
    async fn wait(&self, _: Committed) {}
}

fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: Timestamp::from_seconds(1),
        context: Context::default(),
    }
}

fn model() -> Model {
    Model {
        id: "one".parse().unwrap(),
        scope: Scope::Public,
        created: Timestamp::from_seconds(1),
        owned_by: "system".parse().unwrap(),
        shutdown_date: None,
    }
}

async fn a_commit_waits_if_it_takes_something_away<DB: Backend>(database: Database<DB>) {
    let barrier = Arc::new(RecordingBarrier {
        database: database.clone(),
        waits: Mutex::default(),
    });
    let store = SqlStore {
        database,
        barrier: barrier.clone(),
    };
    let epoch = store.position().await.unwrap().epoch;
    let gone_at = |revision| Committed {
        position: Position {
            epoch: epoch.clone(),
            revision: Revision(revision),
        },
        lease: OPTIONS.lease,
    };
    let (creation, deletion) = (Change::ModelCreated(model()), Change::ModelDeleted(model()));
    let begin = async || Mutation::begin(&store, origin()).await.unwrap();

    let mut mutation = begin().await;
    mutation.record(&creation).await.unwrap();
    mutation.commit().await.unwrap();
    assert_eq!(barrier.take(), [], "a creation");

    // The wait is for the last change that takes something away, and begins after the commit of all
    // changes.
    let mut mutation = begin().await;
    for change in [&deletion, &creation, &deletion, &creation] {
        mutation.record(change).await.unwrap();
    }
    mutation.commit().await.unwrap();
    assert_eq!(barrier.take(), [(gone_at(4), Revision(5))]);

    let mut mutation = begin().await;
    mutation.record(&deletion).await.unwrap();
    mutation.roll_back().await.unwrap();
    begin().await.commit().await.unwrap();
    assert_eq!(barrier.take(), [], "nothing was changed");

    let mut mutation = begin().await;
    mutation.record(&creation).await.unwrap();
    mutation.repeat(Revision(4)).await.unwrap();
    assert_eq!(
        barrier.take(),
        [(gone_at(4), Revision(5))],
        "a repetition changes nothing and waits"
    );
}

#[tokio::test]
async fn a_commit_on_sqlite_waits_if_it_takes_something_away() {
    let database = TestDatabase::sqlite();
    let (opened, ..) = connect_to_file(database.url(), OPTIONS).await.unwrap();
    a_commit_waits_if_it_takes_something_away(opened).await;
}

#[tokio::test]
async fn a_commit_on_postgres_waits_if_it_takes_something_away() {
    let database = TestDatabase::postgres().await;
    let (opened, ..) = connect_to_server(database.url(), OPTIONS, None)
        .await
        .unwrap();
    a_commit_waits_if_it_takes_something_away(opened).await;
}

fn organization(slug: &str) -> Organization {
    Organization {
        id: OrganizationId::from_uuid(Uuid::now_v7()),
        slug: slug.parse().unwrap(),
        name: slug.parse().unwrap(),
        default_project: DefaultProject {
            id: ProjectId::from_uuid(Uuid::now_v7()),
            name: "a project".parse().unwrap(),
        },
        created_at: Timestamp::from_seconds(1),
        disabled_at: None,
    }
}

async fn a_long_transaction_notes_the_newest_change_of_each_scope<DB: Backend>(
    database: Database<DB>,
) {
    let store = SqlStore {
        database,
        barrier: Arc::new(NoBarrier),
    };
    let (early, late) = (organization("early"), organization("late"));
    let created = |owner: Option<&Organization>| {
        let scope = owner.map(|owner| owner.id.clone()).into();
        Change::ModelCreated(Model { scope, ..model() })
    };
    let mut mutation = Mutation::begin(&store, origin()).await.unwrap();
    for organization in [&early, &late] {
        let inserted = insert_organization(&mut mutation, organization.clone());
        inserted.await.unwrap();
    }
    mutation.record(&created(None)).await.unwrap();
    mutation.record(&created(Some(&early))).await.unwrap();
    for _ in 0..2_500 {
        mutation.record(&created(Some(&late))).await.unwrap();
    }
    mutation.commit().await.unwrap();
    for (organization, own) in [(early, 4), (late, 2_504)] {
        let read = store.list_candidates(&organization.id).await.unwrap();
        assert_eq!(read.position.revision, Revision(2_504));
        let noted = (read.value.public_revision, read.value.own_revision);
        assert_eq!(noted, (Revision(3), Revision(own)));
    }
}

#[tokio::test]
async fn a_long_transaction_on_sqlite_notes_the_newest_change_of_each_scope() {
    let database = TestDatabase::sqlite();
    let (opened, ..) = connect_to_file(database.url(), OPTIONS).await.unwrap();
    a_long_transaction_notes_the_newest_change_of_each_scope(opened).await;
}

#[tokio::test]
async fn a_long_transaction_on_postgres_notes_the_newest_change_of_each_scope() {
    let database = TestDatabase::postgres().await;
    let (opened, ..) = connect_to_server(database.url(), OPTIONS, None)
        .await
        .unwrap();
    a_long_transaction_notes_the_newest_change_of_each_scope(opened).await;
}
