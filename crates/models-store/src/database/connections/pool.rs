//! A pool that records the outcomes of its statements.

use std::sync::Arc;
use std::time::Duration;

use models_core::RepositoryError;
use sqlx::Pool;
use sqlx::pool::PoolConnection;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use super::connection::Connection;
use super::deadline::Deadline;
use super::tries::Tries;
use crate::database::driver::Driver;
use crate::database::error::{is_lost, is_refused, unavailable};
use crate::database::health::Outcomes;
use crate::database::password::Passwords;

/// The time for which an acquisition tries other passwords after the server has refused one.
const TRY_PASSWORDS_FOR: Duration = Duration::from_secs(3);

/// A pool of connections.
pub(crate) struct Connections<DB: Driver> {
    pub(super) pool: Pool<DB>,
    runtime: Handle,
    outcomes: Arc<Outcomes>,
    passwords: Option<Arc<Passwords>>,
}

// A derived `Clone` would require `DB: Clone`.
impl<DB: Driver> Clone for Connections<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            runtime: self.runtime.clone(),
            outcomes: self.outcomes.clone(),
            passwords: self.passwords.clone(),
        }
    }
}

impl<DB: Driver> Connections<DB> {
    /// Takes the pool over. `outcomes` records the outcomes of its statements. Call it on the
    /// runtime that executes the store's work.
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

    /// Acquires a connection for statements with this deadline.
    pub(crate) async fn acquire(
        &self,
        deadline: Deadline,
    ) -> Result<Connection<DB>, RepositoryError> {
        let acquired = self.acquire_by(deadline.instant()).await;
        let acquired = self.outcomes.record_acquired(acquired)?;
        let (runtime, outcomes) = (self.runtime.clone(), self.outcomes.clone());
        Ok(Connection::new(acquired, runtime, outcomes, deadline))
    }

    async fn acquire_by(&self, until: Instant) -> Result<PoolConnection<DB>, RepositoryError> {
        let last_try = Instant::now() + TRY_PASSWORDS_FOR;
        let (mut refusal, mut tries) = (None, Tries::default());
        let acquiring = async {
            loop {
                let present = self.passwords.as_ref().map(|passwords| passwords.present());
                match (self.pool.acquire().await, &self.passwords, present) {
                    (Err(error), Some(passwords), Some(present))
                        if is_refused(&error) && Instant::now() < last_try =>
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

    /// Acquires a connection outside the pool, for session settings and temporary tables. It is
    /// never returned to the pool.
    pub(crate) async fn detach(
        &self,
        deadline: Deadline,
    ) -> Result<Connection<DB>, RepositoryError> {
        let connection = self.acquire(Deadline::STATEMENT).await?;
        Ok(connection.detached(deadline))
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

    /// Waits for running statements, and closes all connections.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}
