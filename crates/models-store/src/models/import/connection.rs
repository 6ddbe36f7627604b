//! The connection of an import. It has its own temporary tables and settings, so it is closed after
//! the import.

use models_core::{CatalogState, Committed, Level, Position, RepositoryError, Revision};

use super::settings::Ahead;
use crate::catalog::{Backend, SqlStore, check_rows_are_complete, fetch_catalog, raise_level};
use crate::database::{Connection, Deadline, Record, Value};

/// The turn, while its transaction is open.
pub(super) struct Turn(CatalogState);

impl Turn {
    /// The newest revision before this transaction.
    pub(super) fn revision_before(&self) -> Revision {
        Revision(self.0.position.revision.0 - 1)
    }
}

/// A connection outside the pools. When it is dropped, it is closed, and the database rolls back.
pub(super) struct ImportConnection<DB: Backend> {
    connection: Connection<DB>,
    store: SqlStore<DB>,
}

impl<DB: Backend> ImportConnection<DB> {
    pub(super) async fn open(store: &SqlStore<DB>) -> Result<Self, RepositoryError> {
        store.check_database_file()?;
        let mut opened = Self {
            connection: store.writer.detach(Deadline::IMPORT).await?,
            store: store.clone(),
        };
        for setting in DB::SETTINGS {
            opened.execute(setting, vec![]).await?;
        }
        Ok(opened)
    }

    /// Runs a statement and returns its rows.
    pub(super) async fn fetch<T: Record>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        self.connection.fetch(sql, values).await
    }

    /// Runs a statement and ignores its rows.
    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<(), RepositoryError> {
        self.fetch::<(i64,)>(sql, values).await.map(drop)
    }

    /// Begins a transaction and takes the turn.
    pub(super) async fn take_turn(&mut self) -> Result<Turn, RepositoryError> {
        self.connection.begin(self.store.begin).await?;
        fetch_catalog(&mut self.connection, DB::TAKE_TURN, self.store.level)
            .await
            .map(Turn)
    }

    /// Reads the newest revision on this connection.
    pub(super) async fn newest_revision(&mut self) -> Result<Revision, RepositoryError> {
        let catalog = fetch_catalog(&mut self.connection, DB::POSITION, self.store.level).await?;
        Ok(catalog.position.revision)
    }

    /// Begins a transaction that writes before it takes the turn.
    pub(super) async fn begin_ahead(&mut self, ahead: &Ahead) -> Result<(), RepositoryError> {
        for statement in ahead.prepare {
            self.execute(statement, vec![]).await?;
        }
        self.connection.begin(self.store.begin).await?;
        self.connection.execute(ahead.queue).await?;
        self.connection.execute(ahead.limit_waits).await
    }

    /// Whether another transaction waits for this one.
    pub(super) async fn is_waited_for(&mut self, ahead: &Ahead) -> Result<bool, RepositoryError> {
        let waiting: Vec<(i64,)> = self.fetch(ahead.find_waiting, vec![]).await?;
        Ok(waiting.iter().any(|(count,)| *count > 0))
    }

    /// Takes the turn within the transaction if no other transaction holds it.
    pub(super) async fn take_free_turn(
        &mut self,
        ahead: &Ahead,
    ) -> Result<Option<Turn>, RepositoryError> {
        let locked: Vec<(i64,)> = self.fetch(ahead.lock_free_turn, vec![]).await?;
        if locked.is_empty() {
            return Ok(None);
        }
        let taken = fetch_catalog(&mut self.connection, DB::TAKE_TURN, self.store.level).await;
        taken.map(|catalog| Some(Turn(catalog)))
    }

    /// Raises the catalog's level to `level`, if it is lower.
    pub(super) async fn raise_level(
        &mut self,
        turn: &Turn,
        level: Level,
    ) -> Result<(), RepositoryError> {
        if level > turn.0.level {
            if let Some(files) = &self.store.files {
                let lease = self.store.longest_lease(turn.0.leases).await?;
                check_rows_are_complete(&mut self.connection, files, lease).await?;
            }
            raise_level(&mut self.connection, &self.store.nodes, level).await?;
        }
        Ok(())
    }

    /// Commits the changes up to this revision. If one of them takes something away, this returns
    /// once no node serves it.
    pub(super) async fn commit(
        &mut self,
        turn: Turn,
        last: Revision,
        takes_away: bool,
    ) -> Result<(), RepositoryError> {
        let mut gone = None;
        if takes_away {
            let lease = self.store.longest_lease(turn.0.leases).await?;
            let epoch = turn.0.position.epoch;
            let position = Position {
                epoch,
                revision: last,
            };
            gone = Some(Committed { position, lease });
        }
        self.execute("UPDATE catalog SET revision = $1", vec![last.0.into()])
            .await?;
        self.store.check_database_file()?;
        let done = self.connection.commit(Some(last)).await;
        // A commit in doubt notifies too: the node reads the event log and sees whether it
        // happened.
        self.store.committed.notify_one();
        done?;
        if let Some(gone) = gone {
            self.store.barrier.wait(gone).await;
        }
        Ok(())
    }

    pub(super) async fn roll_back(&mut self) -> Result<(), RepositoryError> {
        self.connection.roll_back().await
    }

    /// Closes the connection. A failure has no consequences.
    pub(super) async fn close(self) {
        self.connection.close().await;
    }
}
