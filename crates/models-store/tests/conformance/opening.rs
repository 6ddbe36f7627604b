//! Opening a store: what is refused, and with which words.

use models_store::{OpenError, Options, open};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::path::Path;
use std::time::Duration;
use test_database::TestDatabase;

use crate::OPTIONS;

const FROM_THE_FUTURE: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
    VALUES (9999, 'from the future', TRUE, 'x', 0)";

async fn refusal(url: &str) -> String {
    match open(url, OPTIONS).await {
        Ok(_) => panic!("{url} must be refused"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_url_of_another_kind_is_refused() {
    for url in ["", "mysql://localhost/x", "data/models.db", "http://x"] {
        assert_eq!(
            refusal(url).await,
            "a database URL must begin with `sqlite:` or `postgres:`"
        );
    }
    assert!(
        refusal("sqlite::memory:")
            .await
            .starts_with("an in-memory SQLite database keeps nothing")
    );
    assert!(
        refusal("sqlite://x.db?mode=memory")
            .await
            .starts_with("an in-memory SQLite database keeps nothing")
    );
    assert!(
        refusal("postgres://localhost:port/x")
            .await
            .starts_with("the database URL cannot be read: ")
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
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
async fn a_server_that_does_not_answer_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://me@{}/models", silent.local_addr().unwrap());
    let options = Options {
        connect_timeout: Duration::from_millis(100),
        ..OPTIONS
    };
    assert!(matches!(
        open(&url, options).await,
        Err(OpenError::Timeout { .. })
    ));
}

#[tokio::test]
async fn a_database_newer_than_the_program_is_refused_and_left_alone() {
    let sqlite = TestDatabase::sqlite();
    open(sqlite.url(), OPTIONS).await.unwrap();
    let blob = FROM_THE_FUTURE.replace("'x'", "x'00'");
    SqliteConnection::connect(sqlite.url())
        .await
        .unwrap()
        .execute(sqlx::AssertSqlSafe(blob))
        .await
        .unwrap();
    let postgres = TestDatabase::postgres().await;
    open(postgres.url(), OPTIONS).await.unwrap();
    PgConnection::connect(postgres.url())
        .await
        .unwrap()
        .execute(FROM_THE_FUTURE)
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

#[tokio::test]
async fn several_processes_may_open_a_new_database_at_once() {
    for database in [TestDatabase::sqlite(), TestDatabase::postgres().await] {
        let opening = (0..6).map(|_| {
            let url = database.url().to_owned();
            tokio::spawn(async move { open(&url, OPTIONS).await.map(|store| store.schema_version) })
        });
        for opened in opening.collect::<Vec<_>>() {
            assert_eq!(
                opened.await.unwrap().map_err(|error| error.to_string()),
                Ok(1)
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
