//! The target: a PostgreSQL database with an open transaction.

use std::future::Future;
use std::time::Duration;

use futures_util::TryStreamExt;
use models_core::Level;
use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::time::timeout;

use super::error::CopyError;
use super::schema::{LIST_TARGET_COLUMNS, Table, expect_same};
use super::source::Source;
use super::text_form;
use crate::database::{is_in_doubt, shown};
use crate::nodes::DROP_LEVEL_DEFAULT;
use crate::opening::{Encryption, Options, connect_to_fill};

/// The size of the pieces in which rows are sent.
const PIECE: usize = 1 << 18;

/// The longest time for one exchange with the server. The last exchange for a table checks all its
/// references.
const PATIENCE: Duration = Duration::from_mins(10);

/// Every new database has this row.
const IS_NEW: &str = "SELECT count(*) = 1 AND max(revision) = 0 FROM catalog";
const NODES: &str = "nodes";

/// The SHA-256 of a table's rows in the text form.
pub(super) type TableDigest = [u8; 32];

/// A connection, and later its open transaction. When it is dropped, the server rolls back.
pub(super) struct Target {
    connection: PgConnection,
    pub(super) location: String,
    pub(super) encryption: Encryption,
}

impl Target {
    /// Connects, and creates the tables if there are none.
    pub(super) async fn connect(url: &str, options: Options) -> Result<Self, CopyError> {
        let opened = connect_to_fill(url, options).await;
        let (connection, location, encryption) = opened.map_err(CopyError::Target)?;
        Ok(Self {
            connection,
            location,
            encryption,
        })
    }

    /// Begins the transaction, locks all tables, and fails if one of them holds rows. Until the
    /// end, no node can register.
    pub(super) async fn lock_empty(&mut self, tables: &[Table]) -> Result<(), CopyError> {
        self.execute("BEGIN ISOLATION LEVEL READ COMMITTED".to_owned())
            .await?;
        for table in tables {
            let columns = sqlx::query(LIST_TARGET_COLUMNS).bind(table.quoted());
            let columns = within(columns.fetch_all(&mut self.connection)).await?;
            expect_same(table, columns)?;
        }
        let names: Vec<String> = tables.iter().map(Table::quoted).collect();
        self.execute(format!(
            "LOCK TABLE {}, {NODES} IN ACCESS EXCLUSIVE MODE",
            names.join(", ")
        ))
        .await?;
        let mut filled = vec![];
        for name in tables
            .iter()
            .map(|table| table.name.as_str())
            .chain([NODES])
        {
            let is_empty = match name {
                "catalog" => IS_NEW.to_owned(),
                name => format!("SELECT NOT EXISTS (SELECT 1 FROM \"{name}\")"),
            };
            // The names are those of the source's own tables.
            let is_empty = sqlx::query_scalar(AssertSqlSafe(is_empty));
            if !within(is_empty.fetch_one(&mut self.connection)).await? {
                filled.push(name.to_owned());
            }
        }
        if filled.is_empty() {
            return Ok(());
        }
        Err(CopyError::NotEmpty {
            location: self.location.clone(),
            tables: filled,
        })
    }

    /// Copies the rows of the source's table. Returns their number and their digest.
    pub(super) async fn copy_in(
        &mut self,
        table: &Table,
        source: &mut Source,
    ) -> Result<(u64, TableDigest), CopyError> {
        // The row that each new database has; of the other tables there are no rows.
        self.execute(format!("DELETE FROM {}", table.quoted()))
            .await?;
        let statement = format!(
            "COPY {} ({}) FROM STDIN",
            table.quoted(),
            table.column_list()
        );
        let mut sink = within(self.connection.copy_in_raw(&statement)).await?;
        let mut digest = Sha256::new();
        let mut piece = Vec::with_capacity(PIECE);
        let mut rows = source.rows(table);
        let mut count = 0;
        while let Some(row) = rows.try_next().await.map_err(CopyError::Read)? {
            text_form::append(&row, table, &mut piece)?;
            count += 1;
            if piece.len() >= PIECE {
                digest.update(&piece);
                within(sink.send(piece.as_slice())).await?;
                piece.clear();
            }
        }
        digest.update(&piece);
        within(sink.send(piece.as_slice())).await?;
        within(sink.finish()).await?;
        Ok((count, digest.finalize().into()))
    }

    /// Reads the rows of the table. Returns their number and their digest.
    pub(super) async fn digest(&mut self, table: &Table) -> Result<(u64, TableDigest), CopyError> {
        let statement = format!("COPY ({}) TO STDOUT", table.select(" COLLATE \"C\""));
        let mut pieces = within(self.connection.copy_out_raw(&statement)).await?;
        let mut digest = Sha256::new();
        let mut count: u64 = 0;
        while let Some(piece) = within(pieces.try_next()).await? {
            digest.update(&piece);
            // The text form escapes the line feeds in values.
            count += piece
                .iter()
                .map(|byte| u64::from(*byte == b'\n'))
                .sum::<u64>();
        }
        Ok((count, digest.finalize().into()))
    }

    /// Prepares the filled tables for use: the planner's statistics, and the rule that programs
    /// below the catalog's level cannot register nodes.
    pub(super) async fn finish(&mut self, tables: &[Table], level: i64) -> Result<(), CopyError> {
        for table in tables {
            self.execute(format!("ANALYZE {}", table.quoted())).await?;
        }
        if Level(level) > Level::FIRST {
            self.execute(DROP_LEVEL_DEFAULT.to_owned()).await?;
        }
        Ok(())
    }

    /// Commits. `InDoubt` if nobody knows whether the server has committed.
    pub(super) async fn commit(mut self) -> Result<(), CopyError> {
        let in_doubt = |reason| CopyError::InDoubt {
            location: self.location.clone(),
            reason,
        };
        match timeout(PATIENCE, self.connection.execute("COMMIT")).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) if is_in_doubt(&error) => return Err(in_doubt(shown(&error))),
            Ok(Err(error)) => return Err(CopyError::Write(error)),
            Err(_) => return Err(in_doubt("the server did not respond".to_owned())),
        }
        // A failure to close has no consequences.
        let _ = timeout(PATIENCE, self.connection.close()).await;
        Ok(())
    }

    /// Ends the transaction without a change. The server does so itself when the connection ends.
    pub(super) async fn roll_back(self) {
        let _ = timeout(Duration::from_secs(1), self.connection.close_hard()).await;
    }

    async fn execute(&mut self, sql: String) -> Result<(), CopyError> {
        // The callers build the text from constants and the names of the source's own tables.
        within(self.connection.execute(AssertSqlSafe(sql))).await?;
        Ok(())
    }
}

/// Waits for one exchange with the server.
async fn within<T>(exchange: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, CopyError> {
    match timeout(PATIENCE, exchange).await {
        Ok(done) => done.map_err(CopyError::Write),
        Err(_) => Err(CopyError::Silent(PATIENCE)),
    }
}
