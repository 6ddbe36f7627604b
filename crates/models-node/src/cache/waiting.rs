//! The requests that wait for a load.

use std::sync::Arc;

use super::cached::{CacheKey, Cached};
use super::in_flight::InFlight;
use super::map::Cache;

/// A request that waits for a load. The last request that stops waiting removes the load, so that clients that disconnect
/// leave nothing in memory.
pub(super) struct Waiting<'a, K: CacheKey, V: Cached> {
    cache: &'a Cache<K, V>,
    key: &'a K,
    load: Arc<InFlight<V>>,
}

impl<'a, K: CacheKey, V: Cached> Waiting<'a, K, V> {
    pub(super) fn new(cache: &'a Cache<K, V>, key: &'a K, load: Arc<InFlight<V>>) -> Self {
        Self { cache, key, load }
    }

    pub(super) fn load(&self) -> &Arc<InFlight<V>> {
        &self.load
    }
}

impl<K: CacheKey, V: Cached> Drop for Waiting<'_, K, V> {
    fn drop(&mut self) {
        let mut loads = self.cache.shard(self.key).lock();
        // Requests begin and stop waiting under this lock, so the count is exact: one reference is the map's.
        let load = std::mem::take(&mut self.load);
        drop(load);
        let is_alone = loads
            .get(self.key)
            .is_some_and(|present| Arc::strong_count(present) == 1);
        if is_alone {
            loads.remove(self.key);
        }
    }
}
