//! The source: a SQLite file that is locked against writes.

use std::pin::Pin;

use futures_util::Stream;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Sqlite};

use super::error::CopyError;
use super::mark::{FIND, LEVELS, MARK};
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

    /// Marks the catalog as moved to this location, commits, and locks the file again.
    pub(super) async fn commit_as_moved(mut self, to: &str) -> Result<Moved, CopyError> {
        let is_marked = self.mark(to).await.map_err(CopyError::Read)?;
        if is_marked {
            Ok(Moved {
                connection: self.connection,
            })
        } else {
            Err(CopyError::Undone)
        }
    }

    /// Returns whether the mark is there once the file is locked again.
    async fn mark(&mut self, to: &str) -> Result<bool, sqlx::Error> {
        let marking = sqlx::query(MARK).bind(to).bind(LEVELS);
        marking.execute(&mut self.connection).await?;
        self.connection.execute("COMMIT").await?;
        self.connection.execute("BEGIN IMMEDIATE").await?;
        let found: String = sqlx::query_scalar(FIND)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(found == to)
    }
}

/// A marked source. It is locked against writes, so nobody can remove the mark while the target
/// commits. When this is dropped, the database unlocks the file.
pub(super) struct Moved {
    connection: SqliteConnection,
}

impl Moved {
    /// Unlocks the file. The mark stays.
    pub(super) async fn unlock(self) {
        // A failure to close has no consequences.
        let _ = self.connection.close().await;
    }
}
