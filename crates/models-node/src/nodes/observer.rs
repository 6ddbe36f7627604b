//! The observer of the consistency protocol.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Receives the events of the consistency protocol that operators want to see. No method may block.
pub trait Observer: Send + Sync {
    /// A barrier has ended after this wait.
    fn waited_for_nodes(&self, duration: Duration);

    /// A barrier has waited for these nodes for a second, and waits for at most `at_most` longer. `nodes` is `None` if the rows
    /// could not be read.
    fn still_waiting_for_nodes(&self, nodes: Option<&[String]>, at_most: Duration) {
        let _ = (nodes, at_most);
    }

    /// The node has dropped all sessions and views.
    fn dropped_everything(&self);
}

/// The observer, if there is one.
#[derive(Clone, Default)]
pub(crate) struct ObserverSlot(Arc<OnceLock<Arc<dyn Observer>>>);

impl ObserverSlot {
    /// Sets the observer. The first observer stays.
    pub(crate) fn set(&self, observer: Arc<dyn Observer>) {
        let _ = self.0.set(observer);
    }

    /// Calls this function with the observer.
    pub(crate) fn tell(&self, report: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.0.get() {
            report(&**observer);
        }
    }
}
