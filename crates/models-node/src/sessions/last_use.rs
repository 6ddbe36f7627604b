//! The last use of a key, until it is recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use models_core::Timestamp;

use super::uses::{KeyId, Uses};

/// The last use of a key. When it is dropped, a use that was not recorded goes to the uses that wait.
pub(super) struct LastUse {
    id: KeyId,
    uses: Arc<Uses>,
    /// In Unix seconds; 0 if the key was not used since its last use was recorded.
    at: AtomicU32,
}

impl LastUse {
    pub(super) fn new(id: KeyId, uses: Arc<Uses>) -> Self {
        let at = AtomicU32::new(0);
        Self { id, uses, at }
    }

    /// Marks the key as used. It writes at most once a second, because many threads read this memory.
    pub(super) fn mark(&self, now: Timestamp) {
        if self.at.load(Ordering::Relaxed) != now.seconds() {
            self.at.store(now.seconds(), Ordering::Relaxed);
        }
    }

    /// Takes the last use if it was not recorded yet.
    pub(super) fn take(&self) -> Option<(KeyId, Timestamp)> {
        let at = self.at.swap(0, Ordering::Relaxed);
        (at > 0).then(|| (self.id.clone(), Timestamp::from_seconds(at)))
    }
}

impl Drop for LastUse {
    fn drop(&mut self) {
        if let Some(used) = self.take() {
            self.uses.add([used]);
        }
    }
}
