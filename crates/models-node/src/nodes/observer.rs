//! The observer of the consistency protocol.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Is told what an operator wants to see of the consistency protocol. No method may block.
pub trait Observer: Send + Sync {
    /// A barrier has waited for this long, and is done.
    fn waited_for_nodes(&self, duration: Duration);

    /// A barrier has waited for a second, for these nodes, and waits for at most this much longer. `None`
    /// if it is unknown which nodes there are.
    fn still_waiting_for_nodes(&self, nodes: Option<&[String]>, at_most: Duration) {
        let _ = (nodes, at_most);
    }

    /// The node has dropped everything in memory.
    fn dropped_everything(&self);
}

/// The observer, if there is one.
#[derive(Clone, Default)]
pub(crate) struct ObserverSlot(Arc<OnceLock<Arc<dyn Observer>>>);

impl ObserverSlot {
    /// Sets the observer. Only the first one counts.
    pub(crate) fn set(&self, observer: Arc<dyn Observer>) {
        let _ = self.0.set(observer);
    }

    pub(crate) fn tell(&self, what: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.0.get() {
            what(&**observer);
        }
    }
}
