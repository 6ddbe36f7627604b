//! The columns with the newest changes of models, which a trigger maintains. Together with the
//! newest event they equal the maximum over the event log, for events of any program version.

use std::collections::HashMap;
use std::fmt::Write;

use models_core::{Organization, OrganizationId, Revision, Role, Scope};
use models_node::Nodes;
use models_store::open;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use test_database::TestDatabase;

use crate::fixtures::random::Random;
use crate::fixtures::{add_api_key, add_models, add_organization, id, origin, own};
use crate::{OPTIONS, Store, open_new};

const MODEL_KINDS: [&str; 3] = ["model.created", "model.updated", "model.deleted"];
/// The kinds of model changes and other kinds, one of which this version does not know.
const KINDS: [&str; 6] = [
    "model.created",
    "model.updated",
    "model.deleted",
    "organization.created",
    "api_key.deleted",
    "group.created",
];

/// The form in which a transaction of another program writes its events.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The transaction takes the turn and writes one event.
    Single,
    /// The transaction takes the turn, writes several events, and sets the revision of the last
    /// one.
    Several,
    /// The transaction writes all events of an import except the first, then takes the turn, and
    /// continues as above. Only PostgreSQL supports this.
    Ahead,
}

/// The event log that the test has written.
struct Log {
    newest: i64,
    /// The newest change of a scope's models; `None` is the public scope.
    expected: HashMap<Option<OrganizationId>, i64>,
}

async fn execute(database: &TestDatabase, statements: String) {
    let statements = AssertSqlSafe(statements);
    if database.url().starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
        connection.execute(statements).await.unwrap();
    } else {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        connection.execute(statements).await.unwrap();
    }
}

fn event(revision: i64, kind: &str, organization_id: Option<&OrganizationId>) -> String {
    let organization_id = organization_id.map_or("NULL".to_owned(), |id| format!("'{id}'"));
    format!(
        "INSERT INTO events (revision, occurred_at, actor, type, organization_id, subject_id, change) \
        VALUES ({revision}, 1, 'command_line', '{kind}', {organization_id}, 'x', '{{}}');"
    )
}

impl Log {
    /// Begins after the store's last event.
    async fn after(store: &Store) -> Self {
        Self {
            newest: store.events.revision().await.unwrap().0,
            expected: HashMap::new(),
        }
    }

    /// Builds the statements of a transaction. Its events count if it is committed.
    fn transaction(
        &mut self,
        random: &mut Random,
        form: Form,
        scopes: &[Option<OrganizationId>],
        is_committed: bool,
    ) -> String {
        let count = match form {
            Form::Single => 1,
            Form::Several => 2 + random.below(4),
            Form::Ahead => 3 + random.below(4),
        };
        let import = random.pick(scopes).clone();
        let (mut ahead, mut with_turn) = (String::new(), String::new());
        let mut newest = self.expected.clone();
        for number in 1..=count {
            let revision = self.newest + i64::try_from(number).unwrap();
            let (kind, scope) = match form {
                Form::Ahead => (*random.pick(&MODEL_KINDS), import.clone()),
                Form::Single | Form::Several => (*random.pick(&KINDS), random.pick(scopes).clone()),
            };
            let is_ahead = form == Form::Ahead && number > 1;
            let written = if is_ahead { &mut ahead } else { &mut with_turn };
            written.push_str(&event(revision, kind, scope.as_ref()));
            if MODEL_KINDS.contains(&kind) {
                newest.insert(scope, revision);
            }
        }
        let last = self.newest + i64::try_from(count).unwrap();
        let mut text =
            format!("BEGIN; {ahead} UPDATE catalog SET revision = revision + 1; {with_turn}");
        if form != Form::Single {
            let _ = write!(text, "UPDATE catalog SET revision = {last};");
        }
        if is_committed {
            (self.newest, self.expected) = (last, newest);
            text + "COMMIT"
        } else {
            text + "ROLLBACK"
        }
    }

    /// Compares the store's revisions with the written ones.
    async fn check(&self, store: &Store, organizations: &[Organization]) {
        let of = |scope: Option<&OrganizationId>| {
            Revision(self.expected.get(&scope.cloned()).copied().unwrap_or(0))
        };
        for organization in organizations {
            let read = store
                .models
                .list_candidates(&organization.id)
                .await
                .unwrap();
            let read = (read.value.public_revision, read.value.own_revision);
            assert_eq!(
                read,
                (of(None), of(Some(&organization.id))),
                "{}",
                store.kind
            );
        }
    }
}

async fn both() -> [(TestDatabase, Store); 2] {
    let opened = async |database: TestDatabase| {
        let store = open_new(&database).await;
        (database, store)
    };
    [
        opened(TestDatabase::sqlite()).await,
        opened(TestDatabase::postgres().await).await,
    ]
}

async fn organizations(store: &Store) -> Vec<Organization> {
    let mut organizations = vec![];
    for slug in ["acme", "other", "silent"] {
        organizations.push(add_organization(store, slug).await);
    }
    organizations
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_follow_random_events_of_an_older_program() {
    for (database, store) in both().await {
        let organizations = organizations(&store).await;
        let scopes = [
            None,
            Some(organizations[0].id.clone()),
            Some(organizations[1].id.clone()),
        ];
        let forms = if database.url().starts_with("sqlite") {
            vec![Form::Single, Form::Several]
        } else {
            vec![Form::Single, Form::Several, Form::Ahead]
        };
        let mut random = Random(7);
        let mut log = Log::after(&store).await;
        log.check(&store, &organizations).await;
        for number in 0..120 {
            let form = *random.pick(&forms);
            let statements = log.transaction(&mut random, form, &scopes, number % 5 != 4);
            execute(&database, statements).await;
            log.check(&store, &organizations).await;
        }
        assert_eq!(log.expected.len(), 3, "each scope has changed");
    }
}

/// Counts the columns that, together with the newest event, differ from the maximum over the log,
/// which older programs read.
const DIFFERENT: &str = "SELECT count(*) FROM (\
    SELECT CASE WHEN e.type LIKE 'model.%' AND e.organization_id IS NULL THEN c.revision \
            ELSE c.public_models_revision END AS noted, \
        (SELECT COALESCE(MAX(revision), 0) FROM events \
            WHERE organization_id IS NULL AND type LIKE 'model.%') AS newest \
        FROM catalog c LEFT JOIN events e ON e.revision = c.revision \
    UNION ALL SELECT CASE WHEN e.type LIKE 'model.%' AND e.organization_id = o.id THEN c.revision \
            ELSE o.models_revision END, \
        (SELECT COALESCE(MAX(revision), 0) FROM events \
            WHERE organization_id = o.id AND type LIKE 'model.%') \
        FROM organizations o CROSS JOIN catalog c LEFT JOIN events e ON e.revision = c.revision) n WHERE noted <> newest";

pub(crate) async fn different(database: &TestDatabase) -> i64 {
    if database.url().starts_with("sqlite") {
        let mut connection = SqliteConnection::connect(database.url()).await.unwrap();
        let read = sqlx::query_scalar(DIFFERENT).fetch_one(&mut connection);
        read.await.unwrap()
    } else {
        let mut connection = PgConnection::connect(database.url()).await.unwrap();
        let read = sqlx::query_scalar(DIFFERENT).fetch_one(&mut connection);
        read.await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_follow_the_events_of_this_program() {
    // PostgreSQL writes an import of this size ahead of its turn.
    let ids: Vec<String> = (0..1_500).map(|number| format!("m{number}")).collect();
    let models: Vec<(&str, u32)> = ids.iter().map(|id| (id.as_str(), 1)).collect();
    for (database, store) in both().await {
        let organizations = organizations(&store).await;
        for scope in [Scope::Public, own(&organizations[0])] {
            add_models(&store, &scope, &models).await;
            assert_eq!(different(&database).await, 0, "{}", store.kind);
            add_models(&store, &scope, &[("m0", 2), ("m1", 2)]).await;
            assert_eq!(different(&database).await, 0, "{}", store.kind);
            add_api_key(&store, &organizations[0], Role::Reader).await;
            let first = id("m0");
            let deleted = store.models.delete(&scope, &first, origin());
            assert!(deleted.await.unwrap().is_some());
            assert_eq!(different(&database).await, 0, "{}", store.kind);
        }
        let newest = store.models.list_candidates(&organizations[0].id).await;
        let newest = newest.unwrap().value;
        assert!(
            newest.public_revision >= Revision(1_500),
            "the test has an effect"
        );
        assert!(
            newest.own_revision > newest.public_revision,
            "the test has an effect"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_migration_fills_the_columns_from_the_log() {
    for (database, store) in both().await {
        let organizations = organizations(&store).await;
        add_models(&store, &Scope::Public, &[("a", 1), ("b", 1)]).await;
        add_models(&store, &own(&organizations[0]), &[("a", 1)]).await;
        let before = store.models.list_candidates(&organizations[0].id).await;
        let before = before.unwrap().value;
        store.close().await;
        // Restores the schema of an older version.
        let triggers = if database.url().starts_with("sqlite") {
            "DROP TRIGGER catalog_note_models;"
        } else {
            // A dump of an older version does not drop the function, which stays.
            "DROP TRIGGER catalog_note_models ON catalog;"
        };
        let columns = "ALTER TABLE catalog DROP COLUMN public_models_revision; \
            ALTER TABLE organizations DROP COLUMN models_revision; \
            DELETE FROM _sqlx_migrations WHERE version = 9";
        execute(&database, format!("{triggers}{columns}")).await;
        let store = open(database.url(), OPTIONS, Nodes::new).await.unwrap();
        assert_eq!(different(&database).await, 0, "{}", store.kind);
        let after = store.models.list_candidates(&organizations[0].id).await;
        assert_eq!(after.unwrap().value, before);
        assert!(
            before.own_revision > before.public_revision,
            "the test has an effect"
        );
    }
}
