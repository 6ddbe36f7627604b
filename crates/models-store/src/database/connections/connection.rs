//! A connection that runs statements within a deadline.

use std::sync::Arc;
use std::time::Duration;

use models_core::RepositoryError;
use sqlx::Connection as _;
use sqlx::pool::PoolConnection;
use tokio::runtime::Handle;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::deadline::Deadline;
use super::failed::Failed;
use crate::database::driver::Driver;
use crate::database::error::is_lost;
use crate::database::health::Outcomes;
use crate::database::value::{Record, Value};

/// The time within which a returned connection must show that it is usable.
const RETURN: Duration = Duration::from_secs(2);

/// The state of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The connection can run any statement or return to the pool.
    Idle,
    /// The connection can run the next statement of its transaction.
    InTransaction,
    /// A statement of the transaction failed, so the connection can only end the transaction.
    InFailedTransaction,
    /// A statement is running, was dropped while it ran, or broke the connection.
    Lost,
}

enum Held<DB: Driver> {
    Pooled(PoolConnection<DB>),
    Detached(DB::Connection),
}

/// A connection that runs one statement at a time, each within the deadline.
pub(crate) struct Connection<DB: Driver> {
    /// `Some` until the drop.
    held: Option<Held<DB>>,
    runtime: Handle,
    pub(super) outcomes: Arc<Outcomes>,
    deadline: Deadline,
    pub(super) state: State,
    is_lost: bool,
}

impl<DB: Driver> Connection<DB> {
    pub(super) fn new(
        pooled: PoolConnection<DB>,
        runtime: Handle,
        outcomes: Arc<Outcomes>,
        deadline: Deadline,
    ) -> Self {
        Self {
            held: Some(Held::Pooled(pooled)),
            runtime,
            outcomes,
            deadline,
            state: State::Idle,
            is_lost: false,
        }
    }

    /// Takes the connection out of the pool and gives it this deadline.
    pub(super) fn detached(mut self, deadline: Deadline) -> Self {
        self.deadline = deadline;
        self.held = match self.held.take() {
            Some(Held::Pooled(pooled)) => Some(Held::Detached(pooled.detach())),
            held => held,
        };
        self
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn fetch<T: Record>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        let (before, limit) = (self.state, self.deadline.0);
        let fetched = match self.enter() {
            Ok(connection) => {
                let fetching = timeout(limit, DB::fetch(connection, sql, values)).await;
                self.leave(before, fetching)
            }
            Err(failed) => Err(failed),
        };
        self.outcomes.record_statement(&fetched);
        fetched.map_err(Failed::into_error)
    }

    /// Runs statements without parameters, and calls `each` after each of them.
    pub(super) async fn run(
        &mut self,
        sql: String,
        each: impl FnMut() + Send,
    ) -> Result<(), Failed> {
        let (before, limit) = (self.state, self.deadline.0);
        let connection = self.enter()?;
        let running = timeout(limit, DB::run(connection, sql, each)).await;
        self.leave(before, running)
    }

    /// Runs statements without parameters and without rows.
    pub(crate) async fn execute(&mut self, sql: impl Into<String>) -> Result<(), RepositoryError> {
        let done = self.run(sql.into(), || ()).await;
        self.outcomes.record_statement(&done);
        done.map_err(Failed::into_error)
    }

    /// Closes a detached connection, and waits for that up to [`RETURN`].
    pub(crate) async fn close(mut self) {
        if let Some(Held::Detached(detached)) = self.held.take() {
            let _ = timeout(RETURN, detached.close()).await;
        }
    }

    /// Whether the server ended the connection during the last statement. Another connection may
    /// succeed.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Returns sqlx's connection for one statement. The state is `Lost` until
    /// [`leave`](Self::leave), so a future that is dropped in between leaves a lost connection.
    fn enter(&mut self) -> Result<&mut DB::Connection, Failed> {
        if self.state == State::Lost {
            return Err(Failed::Unusable);
        }
        self.state = State::Lost;
        match &mut self.held {
            Some(Held::Pooled(pooled)) => Ok(pooled),
            Some(Held::Detached(detached)) => Ok(detached),
            None => Err(Failed::Unusable),
        }
    }

    fn leave<T>(
        &mut self,
        before: State,
        ended: Result<Result<T, sqlx::Error>, Elapsed>,
    ) -> Result<T, Failed> {
        match ended {
            Ok(Ok(done)) => {
                self.state = before;
                Ok(done)
            }
            Ok(Err(error)) => {
                self.is_lost = is_lost(&error);
                self.state = match before {
                    _ if self.is_lost => State::Lost,
                    State::InTransaction => State::InFailedTransaction,
                    State::Idle | State::InFailedTransaction | State::Lost => before,
                };
                Err(Failed::Database(error))
            }
            Err(_) => Err(Failed::Late(self.deadline)),
        }
    }
}

impl<DB: Driver> Drop for Connection<DB> {
    fn drop(&mut self) {
        // Dropping a detached connection closes it, and the database rolls back.
        let Some(Held::Pooled(mut connection)) = self.held.take() else {
            return;
        };
        let runtime = &self.runtime;
        match self.state {
            State::Idle => {
                // On return, sqlx pings the server and waits for the response without a limit.
                drop(runtime.spawn(give_back(connection)));
            }
            State::InTransaction | State::InFailedTransaction => {
                drop(runtime.spawn(async move {
                    let rolled_back =
                        timeout(RETURN, DB::run(&mut connection, ROLLBACK.to_owned(), || ()));
                    if matches!(rolled_back.await, Ok(Ok(()))) {
                        give_back(connection).await;
                    } else {
                        DB::discard(connection).await;
                    }
                }));
            }
            State::Lost => drop(runtime.spawn(DB::discard(connection))),
        }
    }
}

pub(super) const ROLLBACK: &str = "ROLLBACK";

fn give_back<DB: Driver>(
    mut connection: PoolConnection<DB>,
) -> impl Future<Output = ()> + Send + 'static {
    // `return_to_pool` takes the connection at once, so that it is returned even if the task never
    // runs.
    let returning = connection.return_to_pool();
    async move { drop(timeout(RETURN, returning).await) }
}
