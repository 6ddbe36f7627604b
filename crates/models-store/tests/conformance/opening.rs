//! Opening a store: refusals and their messages.

use models_node::Nodes;
use models_store::{OpenError, Options, open};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::path::Path;
use std::time::Duration;
use test_database::TestDatabase;

use crate::OPTIONS;

const ADD_UNKNOWN_MIGRATION: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
    VALUES (9999, 'from the future', TRUE, 'x', 0)";

async fn refusal(url: &str) -> String {
    match open(url, OPTIONS, Nodes::new).await {
        Ok(_) => panic!("{url} must be refused"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused() {
    for url in ["", "mysql://localhost/x", "data/models.db", "http://x"] {
        assert_eq!(
            refusal(url).await,
            "a database URL must begin with `sqlite://` or `postgres://`"
        );
    }
    assert!(
        refusal("sqlite::memory:")
            .await
            .starts_with("an in-memory SQLite database keeps nothing")
    );
    assert!(
        refusal("postgres://localhost:port/x")
            .await
            .starts_with("the database URL cannot be read: ")
    );
    for url in ["sqlite:", "sqlite://", "sqlite://%3Amemory%3A"] {
        assert!(
            refusal(url)
                .await
                .starts_with("an in-memory SQLite database keeps nothing"),
            "{url}"
        );
    }
    assert_eq!(
        refusal("sqlite://x.db?mode=ro").await,
        "a SQLite URL takes no parameters"
    );
    for url in [
        "postgres://me:z@zz@h/x",
        "postgres://me:z@zz/w@h/x",
        "postgres://me:z/zz@h/x",
    ] {
        let said = refusal(url).await;
        assert!(
            said.starts_with("a `/` or `@` in the database URL's user or password")
                && !said.contains("zz"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_the_password() {
    let said = refusal("postgres://me:secret@127.0.0.1:1/models").await;
    assert!(
        said.starts_with("cannot connect to postgres://127.0.0.1:1/models: "),
        "{said}"
    );
    assert!(
        said.contains("refused") && !said.contains("secret"),
        "{said}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_respond_times_out() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://me@{}/models", silent.local_addr().unwrap());
    let options = Options {
        connect_timeout: Duration::from_millis(100),
        ..OPTIONS
    };
    assert!(matches!(
        open(&url, options, Nodes::new).await,
        Err(OpenError::Timeout { .. })
    ));
}

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused() {
    let sqlite = TestDatabase::sqlite();
    open(sqlite.url(), OPTIONS, Nodes::new).await.unwrap();
    let blob = ADD_UNKNOWN_MIGRATION.replace("'x'", "x'00'");
    SqliteConnection::connect(sqlite.url())
        .await
        .unwrap()
        .execute(sqlx::AssertSqlSafe(blob))
        .await
        .unwrap();
    let postgres = TestDatabase::postgres().await;
    open(postgres.url(), OPTIONS, Nodes::new).await.unwrap();
    PgConnection::connect(postgres.url())
        .await
        .unwrap()
        .execute(ADD_UNKNOWN_MIGRATION)
        .await
        .unwrap();

    for database in [sqlite, postgres] {
        let said = refusal(database.url()).await;
        assert!(
            said.starts_with("the database is newer than this program: it has had migration 9999"),
            "{said}"
        );
    }
}

/// The number of the newest file in `migrations`.
fn newest_migration() -> i64 {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");
    let files = std::fs::read_dir(directory).unwrap();
    let numbers = files.map(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        name[..4].parse().unwrap()
    });
    numbers.max().unwrap()
}

#[tokio::test]
async fn several_processes_can_open_a_new_database_at_once() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres().await] {
        let opening = (0..6).map(|_| {
            let url = database.url().to_owned();
            tokio::spawn(async move {
                open(&url, OPTIONS, Nodes::new)
                    .await
                    .map(|store| store.schema_version)
            })
        });
        for opened in opening.collect::<Vec<_>>() {
            assert_eq!(
                opened.await.unwrap().map_err(|error| error.to_string()),
                Ok(newest_migration())
            );
        }
    }
}

#[tokio::test]
async fn a_database_in_another_encoding_is_refused() {
    let database = TestDatabase::postgres().await;
    let (base, name) = database.url().rsplit_once('/').unwrap();
    let latin = format!("{name}_latin");
    let create = format!("CREATE DATABASE {latin} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let mut server = PgConnection::connect(database.url()).await.unwrap();
    server.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    let said = refusal(&format!("{base}/{latin}")).await;
    server
        .execute(sqlx::AssertSqlSafe(format!(
            "DROP DATABASE {latin} WITH (FORCE)"
        )))
        .await
        .unwrap();
    assert_eq!(
        said,
        "the database's server_encoding must be UTF8 but is LATIN1"
    );
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../migrations")
            .join(folder);
        let entries = std::fs::read_dir(path).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

#[tokio::test]
async fn files_and_tables_are_created_only_on_request() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres().await] {
        let options = Options {
            create: false,
            ..OPTIONS
        };
        let refused = open(database.url(), options, Nodes::new).await.err();
        assert!(
            matches!(
                refused,
                Some(OpenError::NoDatabase(_) | OpenError::NoTables(_))
            ),
            "{refused:?}"
        );
        open(database.url(), OPTIONS, Nodes::new).await.unwrap();
        open(database.url(), options, Nodes::new).await.unwrap();
    }
}

/// A copy of the file of a stopped service has all data.
#[tokio::test]
async fn a_closed_file_is_complete() {
    let database = TestDatabase::sqlite();
    let store = open(database.url(), OPTIONS, Nodes::new).await.unwrap();
    crate::fixtures::add_organization(&store, "acme").await;
    store.close().await;
    let file = database.url().trim_start_matches("sqlite://");
    assert!(!Path::new(&format!("{file}-wal")).exists());
    assert!(
        store.organizations.list().await.is_err(),
        "a closed store reads nothing"
    );
    let copy = TestDatabase::sqlite();
    std::fs::copy(file, copy.url().trim_start_matches("sqlite://")).unwrap();
    let copy = open(copy.url(), OPTIONS, Nodes::new).await.unwrap();
    assert_eq!(copy.organizations.list().await.unwrap().len(), 1);
}

/// Under the default `serializable`, a change could fail with a serialization error, a needless
/// 500.
#[tokio::test]
async fn the_roles_default_isolation_does_not_affect_mutations() {
    let database = TestDatabase::postgres().await;
    let name = database.url().rsplit_once('/').unwrap().1;
    let alter = format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'");
    PgConnection::connect(database.url())
        .await
        .unwrap()
        .execute(sqlx::AssertSqlSafe(alter))
        .await
        .unwrap();
    let store = open(database.url(), OPTIONS, Nodes::new).await.unwrap();
    crate::events::concurrent_mutations_get_revisions_without_gaps(store).await;
}

/// Undoes the newest change of a table, as if this version had not run yet.
const UNDO_MIGRATION: &str = "DROP INDEX events_deletions; \
    CREATE INDEX events_subject ON events (subject_id, revision); \
    DELETE FROM _sqlx_migrations WHERE version = 7";

#[tokio::test]
async fn a_migration_that_waits_for_a_lock_does_not_block_reads() {
    let database = TestDatabase::postgres().await;
    open(database.url(), OPTIONS, Nodes::new)
        .await
        .unwrap()
        .close()
        .await;
    let mut operator = PgConnection::connect(database.url()).await.unwrap();
    operator.execute(UNDO_MIGRATION).await.unwrap();
    operator
        .execute("BEGIN; SELECT count(*) FROM events")
        .await
        .unwrap();
    let url = database.url().to_owned();
    let opening = tokio::spawn(async move { open(&url, OPTIONS, Nodes::new).await.map(|_| ()) });
    let mut node = PgConnection::connect(database.url()).await.unwrap();
    node.execute("SET statement_timeout = '3s'").await.unwrap();
    for _ in 0..30 {
        node.execute("SELECT count(*) FROM events")
            .await
            .expect("a waiting migration must not block reads for long");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!opening.is_finished(), "the lock is still held");
    operator.execute("COMMIT").await.unwrap();
    let opened = opening.await.unwrap();
    assert_eq!(opened.map_err(|error| error.to_string()), Ok(()));
}
