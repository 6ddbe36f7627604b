//! Whoever wants to know how the store fares.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::health::Operation;

/// Is told of what an operator would want to see. Nothing that it does may wait.
pub trait Observer: Send + Sync {
    /// A deletion or a revocation has waited for the nodes for so long.
    fn waited_for_nodes(&self, duration: Duration);

    /// A deletion or a revocation has waited for a second, for these nodes, and waits at most for so long from now. None
    /// if it is not known which nodes there are.
    fn still_waiting_for_nodes(&self, nodes: Option<&[String]>, at_most: Duration) {
        let _ = (nodes, at_most);
    }

    /// The connection that notifications come over was lost or given up, and there is a new one.
    fn reconnected(&self);

    /// A statement failed, or there was no connection for it.
    fn statement_failed(&self, operation: Operation);

    /// Memory was emptied: the history is another one, or too much has happened in it.
    fn dropped_everything(&self);
}

/// The observer, if there is one.
#[derive(Clone, Default)]
pub(crate) struct ObserverSlot(Arc<OnceLock<Arc<dyn Observer>>>);

impl ObserverSlot {
    /// Only the first stays.
    pub(crate) fn by(&self, observer: Arc<dyn Observer>) {
        let _ = self.0.set(observer);
    }

    pub(crate) fn tell(&self, what: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.0.get() {
            what(&**observer);
        }
    }
}

/// The connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// What they are for: `reader`, `writer` or `nodes`.
    pub name: &'static str,
    /// How many are open.
    pub size: u32,
    /// How many of those are not in use.
    pub idle: usize,
}
