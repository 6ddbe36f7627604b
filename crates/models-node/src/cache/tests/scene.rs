//! A cache of numbers, and a lease that runs.

use std::sync::Arc;
use std::time::Duration;

use models_core::{Epoch, Position, RepositoryError, Revision, Snapshot};

use crate::cache::cached::CacheKey;
use crate::cache::{Cache, Cached};
use crate::lease::clock::Clock;
use crate::lease::{HeldLease, Lease};

pub(super) const LIMIT: usize = 100_000;

/// The memory that an entry takes beside its value, in bytes: 16 places for each 7 entries, two counters, and an allocation.
pub(super) const ENTRY: usize = (40 + 1) * 16 / 7 + 16 + 16;

impl CacheKey for u32 {
    fn size(&self) -> usize {
        0
    }
}

impl Cached for u32 {
    /// A number to add. `None` cannot be applied.
    type Change = Option<u32>;

    fn size(&self) -> usize {
        1_000
    }

    fn changed(value: &Arc<u32>, changes: &[Option<u32>]) -> Option<Arc<u32>> {
        let added: Option<u32> = changes.iter().copied().sum();
        Some(Arc::new(**value + added?))
    }
}

pub(super) fn cache() -> Cache<u32, u32> {
    let cache = Cache::new(LIMIT, Arc::default());
    cache.begin_epoch(&epoch("one"));
    cache
}

pub(super) fn epoch(name: &str) -> Epoch {
    Epoch(name.to_owned())
}

pub(super) fn snapshot(value: u32, epoch_name: &str) -> Snapshot<Arc<u32>> {
    Snapshot {
        position: Position {
            epoch: epoch(epoch_name),
            revision: Revision(1),
        },
        value: Arc::new(value),
    }
}

/// Acquires a lease that does not run out during a test.
pub(super) fn hold() -> Result<HeldLease, RepositoryError> {
    let clock = Clock::default();
    let lease = Lease::new(clock.clone());
    lease.extend(clock.now() + Duration::from_mins(1));
    let held = lease.hold_at(clock.now());
    held.ok_or_else(|| RepositoryError::Unavailable("no lease".into()))
}

pub(super) fn lease() -> HeldLease {
    hold().unwrap()
}

/// Gets the value of a key, or loads it.
pub(super) async fn load<V: Cached, R>(
    cache: &Cache<u32, V>,
    key: &u32,
    read: impl Fn() -> R,
) -> Result<Arc<V>, RepositoryError>
where
    R: Future<Output = Result<Snapshot<Arc<V>>, RepositoryError>>,
{
    let loaded = cache.get_or_load(key, hold, read).await;
    loaded.map(|(_, value)| value)
}
