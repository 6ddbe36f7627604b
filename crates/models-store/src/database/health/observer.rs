//! The observer of a store.

use std::sync::{Arc, OnceLock};

use super::operation::Operation;

/// Receives events for the operator's metrics. No method may block.
pub trait Observer: Send + Sync {
    /// A new connection for notifications has replaced a lost or abandoned one.
    fn reconnected(&self);

    /// A statement failed, or no connection was available for it.
    fn statement_failed(&self, operation: Operation);
}

/// The observer, if there is one.
#[derive(Clone, Default)]
pub(crate) struct ObserverSlot(Arc<OnceLock<Arc<dyn Observer>>>);

impl ObserverSlot {
    /// Sets the observer. Later calls have no effect.
    pub(crate) fn set(&self, observer: Arc<dyn Observer>) {
        let _ = self.0.set(observer);
    }

    pub(crate) fn notify(&self, what: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.0.get() {
            what(&**observer);
        }
    }
}

/// The connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// The purpose of the connections: `reader`, `writer` or `nodes`.
    pub name: &'static str,
    /// The number of open connections.
    pub size: u32,
    /// The number of open connections that are not in use.
    pub idle: usize,
}
