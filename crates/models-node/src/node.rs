//! A process as a node: it serves from memory as long as it holds its lease.

pub(crate) mod memory;

use std::sync::Arc;
use std::time::Duration;

use models_core::{ModelRepository, RepositoryError, Revision};
use tokio::task::AbortHandle;

use crate::follower::Following;
use crate::lease::clock::{BootTime, Clock};
use crate::lease::{HeldLease, Released};
use crate::node::memory::Memory;
use crate::pause::{Point, pause};
use crate::revision::{Demand, RevisionToken, RevisionTokens};
use crate::sessions::{Session, Sessions};
use crate::views::{Catalog, View};

/// How often it is recorded which keys were used.
const RECORDING: Duration = Duration::from_mins(1);

/// A node of the catalog, following its log.
pub struct Node<S: Session, V: View> {
    /// The sessions of keys.
    pub sessions: Arc<Sessions<S>>,
    /// The models, as each audience sees them.
    pub catalog: Arc<Catalog<V>>,
    /// The models in the database, for changes.
    pub models: Arc<dyn ModelRepository>,
    tokens: Arc<RevisionTokens>,
    following: Following,
    recording: AbortHandle,
}

impl<S: Session, V: View> Clone for Node<S, V> {
    fn clone(&self) -> Self {
        Self {
            sessions: self.sessions.clone(),
            catalog: self.catalog.clone(),
            models: self.models.clone(),
            tokens: self.tokens.clone(),
            following: self.following.clone(),
            recording: self.recording.clone(),
        }
    }
}

impl<S: Session, V: View> Node<S, V> {
    /// A node with this memory, which may serve from it as long as it is following. Call it on the runtime that
    /// is to record the uses of keys.
    #[must_use]
    pub fn new(memory: Memory<S, V>, following: Following) -> Self {
        let Memory {
            sessions,
            catalog,
            models,
            tokens,
        } = memory;
        let recording = tokio::spawn(record_uses(sessions.clone())).abort_handle();
        Self {
            sessions,
            catalog,
            models,
            tokens,
            following,
            recording,
        }
    }

    /// The clock that the lease is counted on.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.following.clock()
    }

    /// Acquires the lease, if it ran at this time, at which the request was here already.
    #[must_use]
    pub fn hold_at(&self, now: BootTime) -> Option<HeldLease> {
        pause(Point::Hold);
        self.following.hold_at(now)
    }

    /// Acquires the lease. `Unavailable` if it has run out.
    pub fn hold(&self) -> Result<HeldLease, RepositoryError> {
        pause(Point::Hold);
        self.following.hold().ok_or_else(run_out)
    }

    /// Lets something be sent that was read from memory under this lease. `Unavailable` once that lease
    /// has ended. This is the only way from memory to a response.
    pub fn release<T>(&self, held: HeldLease, value: T) -> Result<Released<T>, RepositoryError> {
        pause(Point::Release);
        self.following.release(held, value).ok_or_else(run_out)
    }

    /// Whether the node may serve from memory.
    #[must_use]
    pub fn has_lease(&self) -> bool {
        self.following.hold().is_some()
    }

    /// The token of a revision of the history that memory is in.
    #[must_use]
    pub fn token(&self, revision: Revision) -> RevisionToken {
        self.tokens.present_token(revision)
    }

    /// What this token asks for; `None` if it is none.
    #[must_use]
    pub fn read_token(&self, token: &[u8]) -> Option<Demand> {
        self.tokens.read(token)
    }

    /// Whether memory is as new as is demanded. It cannot know that of a token of another history, or of none.
    #[must_use]
    pub fn is_met(&self, demand: &Demand) -> bool {
        self.tokens.is_met(demand, self.following.applied())
    }

    /// Waits until memory has applied everything that had been committed when this was called. `Unavailable` if
    /// that takes too long.
    pub async fn catch_up(&self) -> Result<(), RepositoryError> {
        self.following.catch_up().await
    }

    /// The catalog's level, if it is above the one that this program supports. The node then serves nothing
    /// until its program is replaced.
    #[must_use]
    pub fn needed_level(&self) -> Option<i64> {
        self.following.needed_level().map(|level| level.0)
    }

    /// How many revisions it has seen and not applied yet.
    #[must_use]
    pub fn lag(&self) -> i64 {
        self.following.lag()
    }

    /// For how much longer it may serve from memory, if the database stays silent.
    #[must_use]
    pub fn lease_remaining(&self) -> Duration {
        self.following.lease_remaining()
    }

    /// How long ago the database last responded.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.following.silence()
    }

    /// The newest revision that it has applied.
    #[must_use]
    pub fn applied(&self) -> Revision {
        self.following.applied()
    }

    /// Serves nothing any more, and tells the other nodes so.
    pub async fn leave(&self) {
        self.following.leave().await;
        self.recording.abort();
        if let Err(error) = self.sessions.record_uses().await {
            tracing::warn!(%error, "when keys were last used could not be recorded");
        }
    }
}

async fn record_uses<S: Session>(sessions: Arc<Sessions<S>>) {
    loop {
        tokio::time::sleep(RECORDING).await;
        if let Err(error) = sessions.record_uses().await {
            tracing::warn!(%error, "when keys were last used is recorded later");
        }
    }
}

fn run_out() -> RepositoryError {
    RepositoryError::Unavailable(
        "the node's lease has run out: it has not heard from the database for too long".into(),
    )
}

#[cfg(test)]
mod tests;
