//! Those who wait for a value that is being read.

use std::hash::Hash;
use std::sync::Arc;

use super::cached::Cached;
use super::fill::Fill;
use super::map::Cache;

/// One of those who wait. When the last of them goes away before the value is there, its place goes too: a
/// client that disconnects leaves nothing in memory.
pub(super) struct Waiting<'a, K: Hash + Eq + Clone, V: Cached> {
    cache: &'a Cache<K, V>,
    key: &'a K,
    fill: Arc<Fill<V>>,
}

impl<'a, K: Hash + Eq + Clone, V: Cached> Waiting<'a, K, V> {
    pub(super) fn new(cache: &'a Cache<K, V>, key: &'a K, fill: Arc<Fill<V>>) -> Self {
        Self { cache, key, fill }
    }

    pub(super) fn fill(&self) -> &Arc<Fill<V>> {
        &self.fill
    }
}

impl<K: Hash + Eq + Clone, V: Cached> Drop for Waiting<'_, K, V> {
    fn drop(&mut self) {
        let mut fills = self.cache.shard(self.key).lock();
        // Counted under the lock, which all who come and go take: the place has one, and this one another.
        let fill = std::mem::take(&mut self.fill);
        drop(fill);
        let is_alone = fills
            .get(self.key)
            .is_some_and(|placed| Arc::strong_count(placed) == 1);
        if is_alone {
            fills.remove(self.key);
        }
    }
}
