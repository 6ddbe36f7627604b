//! The nodes of a catalog, and a process's part in them.

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

/// The nodes of a catalog, as a process sees them: the barrier at which its changes wait, and its own node if it becomes one.
#[derive(Clone)]
pub struct Nodes {
    pub(crate) repository: Arc<dyn NodeRepository>,
    /// The revision that this process's node has published last; `None` while the process is no node.
    pub(crate) published: watch::Sender<Option<Revision>>,
    pub(crate) observer: ObserverSlot,
    pub(crate) reads: Arc<BarrierReads>,
    /// The clock that counts leases.
    pub(crate) clock: Clock,
    /// The runtime of the follower.
    pub(crate) runtime: Handle,
}

impl Nodes {
    /// The nodes with rows in this repository. Call this on the tokio runtime on which the follower is to run.
    #[must_use]
    pub fn new(repository: Arc<dyn NodeRepository>) -> Self {
        Self::with_clock(repository, Clock::default())
    }

    /// The same, with a clock that counts leases.
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

    /// Sets the observer. The first observer stays: later calls do nothing.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.observer.set(observer);
    }

    /// Removes the rows of expired nodes, so that no barrier waits for them.
    pub(crate) async fn remove_expired(&self, expired: Vec<Expired>) {
        for Expired { id, renewal } in expired {
            match self.repository.remove_expired(&id, renewal).await {
                Ok(()) => tracing::warn!(node = id, "removed an expired node"),
                Err(error) => tracing::warn!(node = id, %error, "failed to remove an expired node"),
            }
        }
    }
}
