use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use models_core::RepositoryError;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Postgres, Sqlite};
use test_database::TestDatabase;
use tokio::time::timeout;

use super::*;
use crate::database::health::Outcomes;
use crate::database::health::observer::ObserverSlot;
use crate::database::health::operation::Operation;

const SHORT: Deadline = Deadline(Duration::from_millis(300));
/// A statement that takes seconds on any machine.
const LONG_IN_SQLITE: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000000) \
    SELECT count(*) FROM n";

fn outcomes() -> Arc<Outcomes> {
    let observer = ObserverSlot::default();
    Arc::new(Outcomes::new(Operation::Write, observer))
}

async fn on_postgres() -> (TestDatabase, Connections<Postgres>) {
    let database = TestDatabase::postgres().await;
    let pool = PgPoolOptions::new().max_connections(1);
    let pool = pool.connect(database.url()).await.unwrap();
    (database, Connections::new(pool, outcomes(), None))
}

async fn count(connections: &Connections<Postgres>, sql: &'static str) -> i64 {
    let mut connection = connections.acquire(Deadline::STATEMENT).await.unwrap();
    connection.fetch::<(i64,)>(sql, vec![]).await.unwrap()[0].0
}

#[tokio::test]
async fn a_statement_past_its_deadline_closes_its_connection() {
    let (_database, connections) = on_postgres().await;
    let id = count(&connections, "SELECT pg_backend_pid()::bigint").await;
    let mut connection = connections.acquire(SHORT).await.unwrap();
    let sleep = "SELECT 1::bigint FROM pg_sleep(5)";
    let error = connection.fetch::<(i64,)>(sleep, vec![]).await.unwrap_err();
    assert!(matches!(error, RepositoryError::Unavailable(_)), "{error}");
    assert!(
        !connection.is_lost(),
        "another connection would take as long"
    );
    let again = connection.fetch::<(i64,)>("SELECT 1::bigint", vec![]).await;
    assert!(again.is_err(), "the connection still runs a statement");
    drop(connection);
    assert_ne!(
        count(&connections, "SELECT pg_backend_pid()::bigint").await,
        id
    );
}

#[tokio::test]
async fn a_statement_that_is_dropped_half_way_closes_its_connection() {
    let (_database, connections) = on_postgres().await;
    let id = count(&connections, "SELECT pg_backend_pid()::bigint").await;
    let mut connection = connections.acquire(Deadline::STATEMENT).await.unwrap();
    let sleep = connection.fetch::<(i64,)>("SELECT 1::bigint FROM pg_sleep(5)", vec![]);
    assert!(timeout(SHORT.0, sleep).await.is_err());
    drop(connection);
    assert_ne!(
        count(&connections, "SELECT pg_backend_pid()::bigint").await,
        id
    );
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_its_connection_stays() {
    const BEGIN: &str = "BEGIN";
    let (_database, connections) = on_postgres().await;
    let id = count(&connections, "SELECT pg_backend_pid()::bigint").await;
    let mut transaction = Transaction::begin(&connections, BEGIN).await.unwrap();
    let create = "CREATE TABLE gone (id bigint)";
    transaction.fetch::<(i64,)>(create, vec![]).await.unwrap();
    drop(transaction);
    let find = "SELECT count(*) FROM pg_class WHERE relname = 'gone'";
    assert_eq!(count(&connections, find).await, 0);

    let mut transaction = Transaction::begin(&connections, BEGIN).await.unwrap();
    let wrong = transaction.fetch::<(i64,)>("SELECT 1::bigint / 0", vec![]);
    assert!(matches!(wrong.await, Err(RepositoryError::Failed(_))));
    let error = transaction.commit(None).await.unwrap_err();
    assert!(
        matches!(error, RepositoryError::Failed(_)),
        "PostgreSQL would roll back without an error"
    );
    assert_eq!(
        count(&connections, "SELECT pg_backend_pid()::bigint").await,
        id
    );
}

#[tokio::test]
async fn an_acquisition_waits_for_a_free_connection_until_its_deadline() {
    let (_database, connections) = on_postgres().await;
    let kept = connections.acquire(SHORT).await.unwrap();
    let began = Clock::now();
    let error = connections.acquire(SHORT).await.err().unwrap();
    assert!(matches!(error, RepositoryError::Unavailable(_)), "{error}");
    assert!(began.elapsed() >= SHORT.0);
    drop(kept);
    connections.acquire(Deadline::STATEMENT).await.unwrap();
}

/// The thread of a SQLite connection continues with the statement. The pool must not start more and
/// more threads, and no other statement may queue behind this one.
#[tokio::test]
async fn a_stuck_sqlite_connection_keeps_its_place_in_the_pool() {
    let database = TestDatabase::sqlite();
    let file = database.url().trim_start_matches("sqlite://");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true);
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await.unwrap();
    let connections: Connections<Sqlite> = Connections::new(pool, outcomes(), None);
    let mut connection = connections.acquire(SHORT).await.unwrap();
    let error = connection.fetch::<(i64,)>(LONG_IN_SQLITE, vec![]).await;
    assert!(matches!(error, Err(RepositoryError::Unavailable(_))));
    drop(connection);
    assert!(
        connections.acquire(SHORT).await.is_err(),
        "its thread is stuck"
    );
    let mut connection = loop {
        match connections.acquire(Deadline::STATEMENT).await {
            Ok(connection) => break connection,
            Err(error) => assert!(matches!(error, RepositoryError::Unavailable(_))),
        }
    };
    connection
        .fetch::<(i64,)>("SELECT 1", vec![])
        .await
        .unwrap();
}
