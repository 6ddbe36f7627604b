//! The source: a SQLite file that is locked against writes.

use std::pin::Pin;

use futures_util::Stream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Sqlite};

use super::error::CopyError;
use super::mark::{LEVELS, MARK};
use super::schema::{self, Table};
use crate::catalog::Database;
use crate::opening::writing;

/// The rows of a table, as the database reads them.
pub(super) type Rows<'c> = Pin<Box<dyn Stream<Item = Result<SqliteRow, sqlx::Error>> + Send + 'c>>;

/// A connection with an open transaction that holds the lock for writes. When it is dropped, the
/// database rolls back.
pub(super) struct Source {
    connection: SqliteConnection,
}

impl Source {
    /// Locks this file, which `database` has open.
    pub(super) async fn lock(database: &Database<Sqlite>, file: &str) -> Result<Self, CopyError> {
        let connect = writing(SqliteConnectOptions::new().filename(file));
        let mut connection = connect.connect().await.map_err(CopyError::Read)?;
        connection
            .execute("BEGIN IMMEDIATE")
            .await
            .map_err(CopyError::Read)?;
        database.check_database_file().map_err(CopyError::Nodes)?;
        Ok(Self { connection })
    }

    /// The tables to copy, each after the tables that it refers to.
    pub(super) async fn tables(&mut self) -> Result<Vec<Table>, CopyError> {
        schema::tables(&mut self.connection).await
    }

    /// The catalog's level.
    pub(super) async fn level(&mut self) -> Result<i64, CopyError> {
        let level = sqlx::query_scalar("SELECT level FROM catalog");
        let level = level.fetch_one(&mut self.connection).await;
        level.map_err(CopyError::Read)
    }

    /// The rows of the table in the order of their keys.
    pub(super) fn rows(&mut self, table: &Table) -> Rows<'_> {
        // The names are those of the database's own tables.
        let select = AssertSqlSafe(table.select(""));
        sqlx::query(select).fetch(&mut self.connection)
    }

    /// Marks the catalog as moved to this location, and commits.
    pub(super) async fn commit_as_moved(mut self, to: &str) -> Result<(), CopyError> {
        sqlx::query(MARK)
            .bind(to)
            .bind(LEVELS)
            .execute(&mut self.connection)
            .await
            .map_err(CopyError::Read)?;
        self.connection
            .execute("COMMIT")
            .await
            .map_err(CopyError::Read)?;
        // A failure to close has no consequences.
        let _ = self.connection.close().await;
        Ok(())
    }
}
