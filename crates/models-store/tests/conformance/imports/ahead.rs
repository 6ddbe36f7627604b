//! Large imports into PostgreSQL, which write ahead of their turn.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use models_core::{Change, ImportEntry, ImportReport, Scope};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use test_database::TestDatabase;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::Store;
use crate::events::model_revisions::different;
use crate::fixtures::{add_models, add_organization, entry, id, import, log, origin, own};
use crate::open_new;

const MODELS: usize = 3_000;
/// A limit for operations that must not wait for others.
const PATIENCE: Duration = Duration::from_mins(1);

/// An import that has written ahead while the test holds the turn.
struct Ahead {
    database: TestDatabase,
    store: Store,
    /// The connection that holds the turn.
    connection: PgConnection,
    /// Reads the activity of the other connections. Within a transaction PostgreSQL would always
    /// show the same.
    observer: PgConnection,
    importing: JoinHandle<ImportReport>,
}

impl Ahead {
    async fn begin() -> Self {
        let database = TestDatabase::postgres().await;
        let store = open_new(&database).await;
        add_models(&store, &Scope::Public, &[("m7", 1), ("other", 1)]).await;
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        let observer = PgConnection::connect(database.url()).await.unwrap();
        let take_turn = "BEGIN; UPDATE catalog SET revision = revision + 1";
        connection.execute(take_turn).await.unwrap();
        let importing = {
            let store = store.clone();
            tokio::spawn(async move {
                let entries = (0..MODELS).map(|number| entry(&format!("m{number}"), 2));
                let import = import(Scope::Public, entries.collect::<Vec<ImportEntry>>());
                let imported = store.models.import(import, origin(), Arc::new(|_| ()));
                imported.await.unwrap()
            })
        };
        let mut ahead = Self {
            database,
            store,
            connection,
            observer,
            importing,
        };
        ahead.wait_until_written().await;
        ahead
    }

    /// Waits until the import repeatedly tries to take the turn, which the test holds.
    async fn wait_until_written(&mut self) {
        self.wait_for("backend_xid IS NOT NULL AND query LIKE '%SKIP LOCKED%'")
            .await;
    }

    /// Waits for another connection that meets this condition.
    async fn wait_for(&mut self, condition: &str) {
        let find = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
            AND pid <> pg_backend_pid() AND {condition}"
        );
        let waiting = async {
            loop {
                let find = AssertSqlSafe(find.clone());
                let found = sqlx::query_scalar(find).fetch_one(&mut self.observer);
                let found: i64 = found.await.unwrap();
                if found > 0 {
                    return;
                }
                sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, waiting).await.expect(condition);
    }

    /// Waits for the import and returns its report. Checks that the log has no gap, and one event
    /// for each model.
    async fn finish(self) -> ImportReport {
        let report = timeout(PATIENCE, self.importing).await.unwrap().unwrap();
        let models = self.store.models.list(&Scope::Public).await.unwrap();
        let imported: HashSet<&str> = models
            .iter()
            .filter(|model| i64::from(model.created) == 2)
            .map(|model| model.id.as_str())
            .collect();
        assert_eq!(imported.len(), MODELS);
        let newest = self.store.events.revision().await.unwrap().0;
        let events: Vec<_> = log(&self.store)
            .await
            .into_iter()
            .map(|entry| entry.into_event().unwrap())
            .collect();
        let revisions: Vec<i64> = events.iter().map(|event| event.revision.0).collect();
        assert_eq!(revisions, (1..=newest).collect::<Vec<_>>(), "no gaps");
        let changed: Vec<&str> = events
            .iter()
            .filter_map(|event| {
                let (Change::ModelCreated(after) | Change::ModelUpdated { after, .. }) =
                    &event.change
                else {
                    return None;
                };
                Some(after)
            })
            .filter(|after| i64::from(after.created) == 2)
            .map(|after| after.id.as_str())
            .collect();
        assert_eq!(changed.len(), MODELS, "one event for each");
        assert_eq!(changed.into_iter().collect::<HashSet<_>>(), imported);
        assert_eq!(different(&self.database).await, 0);
        report
    }
}

/// Records a change in the test's transaction by copying an event to another revision, and commits.
const RECORD_AND_COMMIT: &str = "INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
    SELECT (SELECT revision FROM catalog), occurred_at, actor, type, organization_id, subject_id, change \
    FROM events WHERE subject_id = 'other'; COMMIT";

#[tokio::test(flavor = "multi_thread")]
async fn revisions_taken_while_an_import_writes_ahead_leave_no_gap() {
    let mut ahead = Ahead::begin().await;
    ahead.connection.execute(RECORD_AND_COMMIT).await.unwrap();
    let report = ahead.finish().await;
    assert_eq!(
        (report.created.len(), report.updated.len()),
        (MODELS - 1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_of_the_turn_does_not_wait_for_an_import_that_writes_ahead() {
    let mut ahead = Ahead::begin().await;
    // PostgreSQL would end a deadlock with an error in one of the two transactions.
    let change = "UPDATE models SET owned_by = 'someone' WHERE id = 'm7'";
    let changing = ahead.connection.execute(change);
    timeout(PATIENCE, changing).await.unwrap().unwrap();
    ahead.connection.execute("ROLLBACK").await.unwrap();
    let report = ahead.finish().await;
    assert_eq!(
        (report.created.len(), report.updated.len()),
        (MODELS - 1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_deleted_while_an_import_writes_ahead_is_created_again() {
    let mut ahead = Ahead::begin().await;
    let deleting = {
        let store = ahead.store.clone();
        tokio::spawn(async move {
            let model = id("m7");
            let deleted = store.models.delete(&Scope::Public, &model, origin());
            deleted.await.unwrap().is_some()
        })
    };
    // The deletion waits for the turn, and then for the import.
    ahead.wait_for("wait_event_type = 'Lock'").await;
    ahead.connection.execute("ROLLBACK").await.unwrap();
    assert!(timeout(PATIENCE, deleting).await.unwrap().unwrap());
    // The deletion or the import may come first.
    let (store, importing) = (ahead.store, ahead.importing);
    let report = timeout(PATIENCE, importing).await.unwrap().unwrap();
    let models = store.models.list(&Scope::Public).await.unwrap();
    let is_there = models.iter().any(|model| model.id == id("m7"));
    assert_eq!(is_there, report.created.contains(&id("m7")));
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_of_several_organizations_write_ahead_one_after_the_other() {
    let database = TestDatabase::postgres().await;
    let store = open_new(&database).await;
    let mut importing = vec![];
    for name in ["one", "two", "three"] {
        let scope = own(&add_organization(&store, name).await);
        let store = store.clone();
        importing.push(tokio::spawn(async move {
            let entries = (0..MODELS).map(|number| entry(&format!("m{number}"), 2));
            let import = import(scope, entries.collect::<Vec<ImportEntry>>());
            let imported = store.models.import(import, origin(), Arc::new(|_| ()));
            imported.await.unwrap().created.len()
        }));
    }
    for importing in importing {
        let created = timeout(PATIENCE, importing).await.unwrap().unwrap();
        assert_eq!(created, MODELS);
    }
    assert_eq!(different(&database).await, 0);
    let events = log(&store).await;
    let revisions = events.iter().map(|entry| entry.revision().0);
    let newest = store.events.revision().await.unwrap().0;
    assert_eq!(
        revisions.collect::<Vec<_>>(),
        (1..=newest).collect::<Vec<_>>()
    );
}
