//! Statements and locks on the database, without the service.

use models_store::DatabaseKind;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};

use super::running::TestService;

impl TestService {
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Adds the row of a node that never renews its lease.
    pub async fn add_silent_node(&self, id: &str, applied: i64, lease_ms: u32) {
        self.execute_on_nodes(&format!(
            "INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms) VALUES ('{id}', 'another', {applied}, 0, {lease_ms})"
        ))
        .await;
    }

    /// Runs a statement on the database with the nodes' rows.
    pub async fn execute_on_nodes(&self, statement: &str) {
        match self.store.kind {
            DatabaseKind::Sqlite => self.execute_at("-nodes", statement).await,
            DatabaseKind::Postgres => self.execute(statement).await,
        }
    }

    /// Runs a statement on the database without the service.
    pub async fn execute(&self, statement: &str) {
        self.execute_at("", statement).await;
    }

    async fn execute_at(&self, suffix: &str, statement: &str) {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match self.store.kind {
            DatabaseKind::Sqlite => {
                let url = format!("{}{suffix}", self.database.url());
                let mut connection = SqliteConnection::connect(&url).await.unwrap();
                connection.execute(statement).await.unwrap();
            }
            DatabaseKind::Postgres => {
                let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
                connection.execute(statement).await.unwrap();
            }
        }
    }

    /// Takes the lock that every change waits for. It is released when the connection is dropped.
    pub async fn lock(&self) -> Lock {
        match self.store.kind {
            DatabaseKind::Sqlite => {
                let mut connection = SqliteConnection::connect(self.database.url())
                    .await
                    .unwrap();
                connection.execute("BEGIN IMMEDIATE").await.unwrap();
                Lock::Sqlite(connection)
            }
            DatabaseKind::Postgres => {
                let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
                connection
                    .execute("BEGIN; LOCK TABLE catalog")
                    .await
                    .unwrap();
                Lock::Postgres(connection)
            }
        }
    }

    /// Waits for this work while the database blocks all changes.
    pub async fn while_locked<T>(&self, work: impl Future<Output = T>) -> T {
        let lock = self.lock().await;
        let done = work.await;
        lock.release().await;
        done
    }
}

/// A transaction that blocks all changes.
pub enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    pub async fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.unwrap(),
            Self::Postgres(connection) => connection.close().await.unwrap(),
        }
    }
}
