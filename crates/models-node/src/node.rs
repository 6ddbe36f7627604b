//! A node: a process that serves from memory as long as it holds its lease.

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

/// The interval between two records of the uses of keys.
const RECORDING: Duration = Duration::from_mins(1);

/// A node of the catalog. Its memory follows the event log.
pub struct Node<S: Session, V: View> {
    /// The sessions of keys.
    pub sessions: Arc<Sessions<S>>,
    /// The views of all audiences.
    pub catalog: Arc<Catalog<V>>,
    /// The models in the database. Changes go through it.
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
    /// A node with this memory. Call this on a tokio runtime: the node records the uses of keys on it.
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

    /// The clock that counts the lease.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.following.clock()
    }

    /// Acquires the lease if it runs at this time. `now` is a reading of [`Node::clock`] from before this call and after the
    /// request was received.
    #[must_use]
    pub fn hold_at(&self, now: BootTime) -> Option<HeldLease> {
        pause(Point::Hold);
        self.following.hold_at(now)
    }

    /// Acquires the lease. Returns `Unavailable` if it has run out.
    pub fn hold(&self) -> Result<HeldLease, RepositoryError> {
        pause(Point::Hold);
        self.following.hold().ok_or_else(run_out)
    }

    /// Releases a value that was read from memory under this lease, so that it may be sent. Returns `Unavailable` if that lease
    /// has ended. There is no other way from memory to a response.
    pub fn release<T>(&self, held: HeldLease, value: T) -> Result<Released<T>, RepositoryError> {
        pause(Point::Release);
        self.following.release(held, value).ok_or_else(run_out)
    }

    /// Whether the node may serve from memory.
    #[must_use]
    pub fn has_lease(&self) -> bool {
        self.following.hold().is_some()
    }

    /// The token of a revision in the present epoch.
    #[must_use]
    pub fn token(&self, revision: Revision) -> RevisionToken {
        self.tokens.present_token(revision)
    }

    /// The freshness that this token demands; `None` if it is malformed.
    #[must_use]
    pub fn read_token(&self, token: &[u8]) -> Option<Demand> {
        self.tokens.read(token)
    }

    /// Whether memory is as fresh as demanded. A token of another epoch is never met.
    #[must_use]
    pub fn is_met(&self, demand: &Demand) -> bool {
        self.tokens.is_met(demand, self.following.applied())
    }

    /// Waits until memory has applied every change that was committed before this call. Returns `Unavailable` if that takes
    /// longer than 5 s.
    pub async fn catch_up(&self) -> Result<(), RepositoryError> {
        self.following.catch_up().await
    }

    /// The catalog's level, if this program does not support it. The node then serves nothing until its program is replaced.
    #[must_use]
    pub fn needed_level(&self) -> Option<i64> {
        self.following.needed_level().map(|level| level.0)
    }

    /// The number of revisions that the node has seen and memory has not applied yet.
    #[must_use]
    pub fn lag(&self) -> i64 {
        self.following.lag()
    }

    /// The rest of the lease, if no renewal extends it.
    #[must_use]
    pub fn lease_remaining(&self) -> Duration {
        self.following.lease_remaining()
    }

    /// The time since the database last responded.
    #[must_use]
    pub fn silence(&self) -> Duration {
        self.following.silence()
    }

    /// The newest revision that memory has applied.
    #[must_use]
    pub fn applied(&self) -> Revision {
        self.following.applied()
    }

    /// Ends the lease, removes the node's row, and records the uses of keys. The node serves nothing after that.
    pub async fn leave(&self) {
        self.following.leave().await;
        self.recording.abort();
        if let Err(error) = self.sessions.record_uses().await {
            tracing::warn!(%error, "failed to record the last uses of keys");
        }
    }
}

async fn record_uses<S: Session>(sessions: Arc<Sessions<S>>) {
    loop {
        tokio::time::sleep(RECORDING).await;
        if let Err(error) = sessions.record_uses().await {
            tracing::warn!(%error, "failed to record the last uses of keys; retrying in a minute");
        }
    }
}

fn run_out() -> RepositoryError {
    RepositoryError::Unavailable(
        "the node's lease has run out: the database has not responded for too long".into(),
    )
}

#[cfg(test)]
mod tests;
