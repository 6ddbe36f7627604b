//! Transactions on connections with deadlines.

use models_core::{CommitInDoubt, RepositoryError, Revision};

use super::connection::{Connection, ROLLBACK, State};
use super::deadline::Deadline;
use super::failed::Failed;
use super::pool::Connections;
use super::tries::Tries;
use crate::database::driver::Driver;
use crate::database::error::is_in_doubt;
use crate::database::value::{Record, Value};

/// A transaction that owns its connection. When it is dropped, it rolls back within a deadline or
/// closes the connection. sqlx's own transaction would return its connection to the pool even after
/// a failed statement.
pub(crate) struct Transaction<DB: Driver> {
    connection: Connection<DB>,
}

impl<DB: Driver> Transaction<DB> {
    /// Acquires a connection and begins a transaction on it.
    pub(crate) async fn begin(
        connections: &Connections<DB>,
        begin: &'static str,
    ) -> Result<Self, RepositoryError> {
        let mut tries = Tries::default();
        loop {
            let mut connection = connections.acquire(Deadline::STATEMENT).await?;
            let done = connection.begin(begin).await;
            if !tries.may_repeat(connection.is_lost()).await {
                return done.map(|()| Self { connection });
            }
        }
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn fetch<T: Record>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        self.connection.fetch(sql, values).await
    }

    /// The transaction's connection.
    pub(crate) fn connection(&mut self) -> &mut Connection<DB> {
        &mut self.connection
    }

    /// Commits, as [`Connection::commit`] does.
    pub(crate) async fn commit(
        mut self,
        notified: Option<Revision>,
    ) -> Result<(), RepositoryError> {
        self.connection.commit(notified).await
    }

    /// Rolls back.
    pub(crate) async fn roll_back(mut self) -> Result<(), RepositoryError> {
        self.connection.roll_back().await
    }
}

impl<DB: Driver> Connection<DB> {
    /// Begins a transaction.
    pub(crate) async fn begin(&mut self, begin: &'static str) -> Result<(), RepositoryError> {
        self.execute(begin).await?;
        self.state = State::InTransaction;
        Ok(())
    }

    /// Commits. With a revision, the same round trip notifies the nodes of it after the commit. A
    /// failed notification (the server's queue may be full) does not affect the commit.
    ///
    /// `Unavailable` with [`CommitInDoubt`] as its source if the connection was lost or the
    /// deadline passed before the server confirmed the commit.
    pub(crate) async fn commit(
        &mut self,
        notified: Option<Revision>,
    ) -> Result<(), RepositoryError> {
        if self.state == State::InFailedTransaction {
            // PostgreSQL executes this COMMIT as a rollback and reports no error.
            let text = "a transaction in which a statement failed cannot be committed";
            return Err(RepositoryError::Failed(text.into()));
        }
        let sql = match (notified, DB::NOTIFY) {
            (Some(revision), Some(notify)) => {
                format!("COMMIT; {}", notify.replace("$1", &revision.0.to_string()))
            }
            _ => "COMMIT".to_owned(),
        };
        let mut is_committed = false;
        let done = self.run(sql, || is_committed = true).await;
        let outcomes = self.outcomes.clone();
        if is_committed {
            outcomes.record_commit();
            if self.state != State::Lost {
                self.state = State::Idle;
            }
            if let Err(error) = done {
                outcomes.record_failed_notification(&error.into_error());
            }
            return Ok(());
        }
        outcomes.record_statement(&done);
        match done {
            Err(Failed::Database(error)) if !is_in_doubt(&error) => {
                Err(Failed::Database(error).into_error())
            }
            Err(failed) => Err(RepositoryError::Unavailable(Box::new(CommitInDoubt(
                failed.into_error().to_string(),
            )))),
            Ok(()) => Err(RepositoryError::Failed("COMMIT had no result".into())),
        }
    }

    /// Rolls back.
    pub(crate) async fn roll_back(&mut self) -> Result<(), RepositoryError> {
        let done = self.run(ROLLBACK.to_owned(), || ()).await;
        done.map_err(Failed::into_error)?;
        self.state = State::Idle;
        Ok(())
    }
}
