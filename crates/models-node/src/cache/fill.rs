//! A value that is being read, for many who wait for it.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use models_core::{RepositoryError, Snapshot};
use tokio::sync::OnceCell;

use super::cached::Cached;
use crate::lease::HeldLease;

/// A place for what is being read. All but the reading itself is written under the shard's lock.
pub(super) struct Fill<V: Cached> {
    pub(super) read: OnceCell<Result<Snapshot<Arc<V>>, Failure>>,
    /// An event has touched it since the place was taken, in a way that cannot be told from what was read.
    pub(super) is_stale: AtomicBool,
    /// What events have changed since the place was taken.
    pub(super) changes: Mutex<Vec<V::Change>>,
    /// What was read, with the changes, and the lease that the node held when it was kept.
    pub(super) kept: OnceLock<(HeldLease, Arc<V>)>,
}

/// A failure that many hear of.
pub(super) struct Failure {
    is_passing: bool,
    reason: String,
}

impl<V: Cached> Fill<V> {
    pub(super) fn changes(&self) -> MutexGuard<'_, Vec<V::Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Cached> Default for Fill<V> {
    fn default() -> Self {
        Self {
            read: OnceCell::new(),
            is_stale: AtomicBool::new(false),
            changes: Mutex::default(),
            kept: OnceLock::new(),
        }
    }
}

impl From<RepositoryError> for Failure {
    fn from(error: RepositoryError) -> Self {
        Self {
            is_passing: matches!(
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
        if self.is_passing {
            RepositoryError::Unavailable(reason)
        } else {
            RepositoryError::Failed(reason)
        }
    }
}
