//! The nodes of a catalog, as one process takes part in them.

pub(crate) mod expiry;
pub(crate) mod observer;
pub(crate) mod settling;

use std::sync::Arc;

use models_core::{NodeRepository, Revision};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::barrier::reads::BarrierReads;
use crate::lease::clock::Clock;
use crate::nodes::expiry::Expired;
use crate::nodes::observer::{Observer, ObserverSlot};

/// The nodes of a catalog, for one process of it: the barrier that its changes wait at, and its own node, if it
/// becomes one.
#[derive(Clone)]
pub struct Nodes {
    pub(crate) repository: Arc<dyn NodeRepository>,
    /// The revision that this process's node has last published as applied; `None` while it is no node.
    pub(crate) published: watch::Sender<Option<Revision>>,
    pub(crate) observer: ObserverSlot,
    pub(crate) reads: Arc<BarrierReads>,
    /// Leases are counted on it.
    pub(crate) clock: Clock,
    /// The follower runs on it.
    pub(crate) runtime: Handle,
}

impl Nodes {
    /// With the rows of this repository. Call it on the runtime that the follower is to run on.
    #[must_use]
    pub fn new(repository: Arc<dyn NodeRepository>) -> Self {
        Self::with_clock(repository, Clock::default())
    }

    /// The same, with leases counted on this clock.
    #[must_use]
    pub fn with_clock(repository: Arc<dyn NodeRepository>, clock: Clock) -> Self {
        Self {
            repository,
            published: watch::Sender::default(),
            observer: ObserverSlot::default(),
            reads: Arc::default(),
            clock,
            runtime: Handle::current(),
        }
    }

    /// Reports to this observer from now on. Only the first observer is told anything.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.observer.set(observer);
    }

    /// Removes the rows of expired nodes, so that nobody waits for them.
    pub(crate) async fn remove_expired(&self, expired: Vec<Expired>) {
        for Expired { id, renewal } in expired {
            match self.repository.remove_expired(&id, renewal).await {
                Ok(()) => tracing::warn!(node = id, "a node has fallen silent and was taken out"),
                Err(error) => tracing::warn!(node = id, %error, "a silent node stays"),
            }
        }
    }
}
