//! Connections on which every statement has a deadline.
//!
//! Where the network drops packets without a word, sqlx waits for the server until the kernel gives up, which takes a
//! quarter of an hour. Therefore no other module has a connection of sqlx's in its hands: a [`Connection`] runs
//! statements, each within its deadline. One whose statement passed it is never used again.

mod listener;
mod transaction;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use models_core::RepositoryError;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, Pool};
use tokio::runtime::Handle;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::error::{is_lost, is_refused, repository_error, unavailable};
use crate::health::Outcomes;
use crate::password::Passwords;
use crate::sql::{Backend, Record, Value};

pub(crate) use listener::Listener;
pub(crate) use transaction::Transaction;

/// How long a statement may take, with what it needs to get a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Duration);

impl Deadline {
    /// For renewals and for reading the event log. The shortest lease is 3 s.
    pub(crate) const RENEWAL: Self = Self(Duration::from_secs(2));
    /// For the statements of an import, which concern every entry, and which no request waits for. PostgreSQL's own limit
    /// for them is 10 minutes.
    pub(crate) const IMPORT: Self = Self(Duration::from_secs(630));
    /// For every other statement. The databases' own limit on waiting for a lock (5 s) is shorter, so that it ends
    /// first and the connection stays usable.
    pub(crate) const STATEMENT: Self = Self(Duration::from_secs(8));

    fn instant(self) -> Instant {
        Instant::now() + self.0
    }

    fn passed(self) -> RepositoryError {
        let text = format!("no response within {} s", self.0.as_secs());
        RepositoryError::Unavailable(text.into())
    }
}

/// For how long another password is looked for when the server refuses one.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a connection that is given back may take to show that it is usable.
const RETURN: Duration = Duration::from_secs(2);

/// A pool of connections.
pub(crate) struct Connections<DB: Backend> {
    pool: Pool<DB>,
    runtime: Handle,
    outcomes: Arc<Outcomes>,
    passwords: Option<Arc<Passwords>>,
}

// Derived, it would demand `DB: Clone`.
impl<DB: Backend> Clone for Connections<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            runtime: self.runtime.clone(),
            outcomes: self.outcomes.clone(),
            passwords: self.passwords.clone(),
        }
    }
}

impl<DB: Backend> Connections<DB> {
    /// Takes the pool over. What becomes of its statements is recorded in `outcomes`. Call it on the runtime that
    /// does the store's work.
    pub(crate) fn new(
        pool: Pool<DB>,
        outcomes: Arc<Outcomes>,
        passwords: Option<Arc<Passwords>>,
    ) -> Self {
        Self {
            pool,
            runtime: Handle::current(),
            outcomes,
            passwords,
        }
    }

    /// A connection for statements that have this deadline.
    pub(crate) async fn acquire(
        &self,
        deadline: Deadline,
    ) -> Result<Connection<DB>, RepositoryError> {
        let acquired = self.acquire_by(deadline.instant()).await;
        let acquired = self.outcomes.of_acquiring(acquired)?;
        Ok(Connection {
            held: Some(Held::Pooled(acquired)),
            connections: self.clone(),
            deadline,
            state: State::Idle,
            is_lost: false,
        })
    }

    async fn acquire_by(&self, until: Instant) -> Result<PoolConnection<DB>, RepositoryError> {
        let patience = Instant::now() + PATIENCE;
        let (mut refusal, mut tries) = (None, Tries::default());
        let acquiring = async {
            loop {
                let present = self.passwords.as_ref().map(|passwords| passwords.present());
                match (self.pool.acquire().await, &self.passwords, present) {
                    (Err(error), Some(passwords), Some(present))
                        if is_refused(&error) && Instant::now() < patience =>
                    {
                        let error = refusal.insert(error);
                        passwords.refused(present, error).await;
                    }
                    (Err(error), _, _) if tries.may_repeat(is_lost(&error)).await => {}
                    (acquired, _, _) => return acquired,
                }
            }
        };
        let acquired = timeout_at(until, acquiring).await;
        acquired
            .unwrap_or_else(|_| Err(refusal.unwrap_or(sqlx::Error::PoolTimedOut)))
            .map_err(unavailable)
    }

    /// A connection that keeps no place in the pool, for settings and tables of its own. It is never given back.
    pub(crate) async fn detach(
        &self,
        deadline: Deadline,
    ) -> Result<Connection<DB>, RepositoryError> {
        let mut connection = self.acquire(Deadline::STATEMENT).await?;
        connection.deadline = deadline;
        connection.held = match connection.held.take() {
            Some(Held::Pooled(pooled)) => Some(Held::Detached(pooled.detach())),
            held => held,
        };
        Ok(connection)
    }

    pub(crate) fn size(&self) -> u32 {
        self.pool.size()
    }

    pub(crate) fn idle(&self) -> usize {
        self.pool.num_idle()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.pool.is_closed()
    }

    /// Waits for what is being done, and closes all connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// How often something that changes nothing was tried on connections that the server ended meanwhile. A server that is
/// stopped, or an administrator, ends them all, one after the other.
#[derive(Default)]
pub(crate) struct Tries(u32);

impl Tries {
    const MOST: u32 = 3;
    const PAUSE: Duration = Duration::from_millis(20);

    /// Waits a moment and returns true if the last try was lost and is to be repeated on another connection.
    pub(crate) async fn may_repeat(&mut self, is_lost: bool) -> bool {
        self.0 += 1;
        let may = is_lost && self.0 < Self::MOST;
        if may {
            sleep(Self::PAUSE * self.0).await;
        }
        may
    }
}

/// What a connection is fit for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The next statement, or another user.
    Idle,
    /// The next statement of its transaction.
    InTransaction,
    /// Nothing but the end of its transaction, in which a statement failed.
    InFailedTransaction,
    /// A statement is under way, was dropped under way, or took the connection with it.
    Lost,
}

enum Held<DB: Backend> {
    Pooled(PoolConnection<DB>),
    Detached(DB::Connection),
}

/// A connection that runs statements within a deadline, each in turn.
pub(crate) struct Connection<DB: Backend> {
    /// There until it is dropped.
    held: Option<Held<DB>>,
    connections: Connections<DB>,
    deadline: Deadline,
    state: State,
    is_lost: bool,
}

impl<DB: Backend> Connection<DB> {
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
        self.connections.outcomes.of_statement(&fetched);
        fetched.map_err(Failed::into_error)
    }

    /// Runs statements that have no parameters, and tells of the end of each.
    async fn run(&mut self, sql: String, each: impl FnMut() + Send) -> Result<(), Failed> {
        let (before, limit) = (self.state, self.deadline.0);
        let connection = self.enter()?;
        let running = timeout(limit, DB::run(connection, sql, each)).await;
        self.leave(before, running)
    }

    /// Runs statements that have no parameters and return no rows.
    pub(crate) async fn execute(&mut self, sql: impl Into<String>) -> Result<(), RepositoryError> {
        let done = self.run(sql.into(), || ()).await;
        self.connections.outcomes.of_statement(&done);
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

/// Why a statement has no result.
pub(crate) enum Failed {
    Database(sqlx::Error),
    Late(Deadline),
    /// An earlier statement took the connection with it.
    Unusable,
}

impl Failed {
    pub(crate) fn into_error(self) -> RepositoryError {
        match self {
            Self::Database(error) => repository_error(error),
            Self::Late(deadline) => deadline.passed(),
            Self::Unusable => RepositoryError::Unavailable("the connection was lost".into()),
        }
    }
}

impl<DB: Backend> Drop for Connection<DB> {
    fn drop(&mut self) {
        // One that is detached is closed, and the database rolls back.
        let Some(Held::Pooled(mut connection)) = self.held.take() else {
            return;
        };
        let runtime = &self.connections.runtime;
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

const ROLLBACK: &str = "ROLLBACK";

fn give_back<DB: Backend>(
    mut connection: PoolConnection<DB>,
) -> impl Future<Output = ()> + Send + 'static {
    // In the pool's hands at once: a task that is never run gives it back all the same.
    let returning = connection.return_to_pool();
    async move { drop(timeout(RETURN, returning).await) }
}

#[cfg(test)]
mod tests;
