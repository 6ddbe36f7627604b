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

/// How long a connection that is given back may take to show that it is usable.
const RETURN: Duration = Duration::from_secs(2);

/// What a connection is fit for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The next statement, or another user.
    Idle,
    /// The next statement of its transaction.
    InTransaction,
    /// Nothing but the end of its transaction, in which a statement failed.
    InFailedTransaction,
    /// A statement is under way, was dropped under way, or took the connection with it.
    Lost,
}

enum Held<DB: Driver> {
    Pooled(PoolConnection<DB>),
    Detached(DB::Connection),
}

/// A connection that runs statements within a deadline, each in turn.
pub(crate) struct Connection<DB: Driver> {
    /// There until it is dropped.
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

    /// The same outside the pool, with this deadline.
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
        self.outcomes.of_statement(&fetched);
        fetched.map_err(Failed::into_error)
    }

    /// Runs statements that have no parameters, and tells of the end of each.
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

    /// Runs statements that have no parameters and return no rows.
    pub(crate) async fn execute(&mut self, sql: impl Into<String>) -> Result<(), RepositoryError> {
        let done = self.run(sql.into(), || ()).await;
        self.outcomes.of_statement(&done);
        done.map_err(Failed::into_error)
    }

    /// Closes a detached connection, and waits for that a while.
    pub(crate) async fn close(mut self) {
        if let Some(Held::Detached(detached)) = self.held.take() {
            let _ = timeout(RETURN, detached.close()).await;
        }
    }

    /// Whether the server ended the connection during the last statement: another connection may do better.
    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// The connection, for one statement. A future that is dropped before [`leave`](Self::leave) leaves it in the
    /// midst of that, and then it is lost.
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
        // One that is detached is closed, and the database rolls back.
        let Some(Held::Pooled(mut connection)) = self.held.take() else {
            return;
        };
        let runtime = &self.runtime;
        match self.state {
            State::Idle => {
                // sqlx asks the server whether it is still there, and waits for the response without end.
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
    // In the pool's hands at once: a task that is never run gives it back all the same.
    let returning = connection.return_to_pool();
    async move { drop(timeout(RETURN, returning).await) }
}
