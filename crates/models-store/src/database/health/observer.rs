//! The observer of a store.

use std::sync::{Arc, OnceLock};

use super::operation::Operation;

/// Is told what an operator wants to see of the database. No method may block.
pub trait Observer: Send + Sync {
    /// The connection that notifications come over was lost or given up, and there is a new one.
    fn reconnected(&self);

    /// A statement failed, or there was no connection for it.
    fn statement_failed(&self, operation: Operation);
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
