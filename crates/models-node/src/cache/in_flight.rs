//! A load in flight, which all requests for its key share.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use models_core::{RepositoryError, Snapshot};
use tokio::sync::OnceCell;

use super::cached::Cached;
use crate::lease::HeldLease;

/// A load in flight. The shard's lock protects every field except `loaded`.
pub(super) struct InFlight<V: Cached> {
    /// The result of the read from the database.
    pub(super) loaded: OnceCell<Result<Snapshot<Arc<V>>, Failure>>,
    /// An event invalidated the key after the load began. The cache does not insert the result.
    pub(super) is_stale: AtomicBool,
    /// The changes that events made after the load began. They apply to the result before the cache inserts it.
    pub(super) changes: Mutex<Vec<V::Change>>,
    /// The value that the cache inserted, and the lease that the node held at that time.
    pub(super) inserted: OnceLock<(HeldLease, Arc<V>)>,
}

/// The failure of a load, for all requests that wait for it.
pub(super) struct Failure {
    is_temporary: bool,
    reason: String,
}

impl<V: Cached> InFlight<V> {
    pub(super) fn changes(&self) -> MutexGuard<'_, Vec<V::Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Cached> Default for InFlight<V> {
    fn default() -> Self {
        Self {
            loaded: OnceCell::new(),
            is_stale: AtomicBool::new(false),
            changes: Mutex::default(),
            inserted: OnceLock::new(),
        }
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self {
            is_temporary: matches!(
                error,
                RepositoryError::Unavailable(_) | RepositoryError::Outdated { .. }
            ),
            reason: std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string),
        }
    }
}

impl Failure {
    pub(super) fn to_error(&self) -> RepositoryError {
        let reason = self.reason.clone().into();
        if self.is_temporary {
            RepositoryError::Unavailable(reason)
        } else {
            RepositoryError::Failed(reason)
        }
    }
}
