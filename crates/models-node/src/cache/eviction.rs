//! The bound of a cache: how much its entries weigh, and which of them are evicted.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cached::Cached;
use super::map::{Cache, Entries, Entry, SHARDS, Shard};

/// What an allocation costs beside its contents.
const ALLOCATION: usize = 16;

impl<K: Hash + Eq + Clone, V: Cached> Cache<K, V> {
    /// Weighs this value anew, if it is the one that is kept. It has grown.
    pub fn weigh(&self, key: &K, value: &Arc<V>) {
        let shard = self.shard(key);
        let fills = shard.lock();
        let entries = shard.entries.load();
        let kept = entries
            .get(key)
            .filter(|entry| Arc::ptr_eq(&entry.value, value));
        if let Some(entry) = kept {
            self.insert(shard, key, value.clone(), entry.is_used());
        }
        drop(fills);
        self.evict();
    }

    /// Called with the shard's lock held.
    pub(super) fn insert(&self, shard: &Shard<K, V>, key: &K, value: Arc<V>, is_used: bool) {
        let bytes = Self::entry() + value.weight();
        let entry = Entry {
            bytes,
            value,
            is_used: AtomicBool::new(is_used),
        };
        self.counters.grow(bytes);
        let mut entries = Entries::clone(&shard.entries.load());
        if let Some(before) = entries.insert(key.clone(), entry) {
            self.counters.shrink(before.bytes);
        }
        shard.entries.store(Arc::new(entries));
    }

    /// Called with the shard's lock held.
    pub(super) fn retain(
        &self,
        shard: &Shard<K, V>,
        mut is_kept: impl FnMut(&K, &Entry<V>) -> bool,
    ) {
        let mut entries = Entries::clone(&shard.entries.load());
        entries.retain(|key, entry| {
            let is_kept = is_kept(key, entry);
            if !is_kept {
                self.counters.shrink(entry.bytes);
            }
            is_kept
        });
        shard.entries.store(Arc::new(entries));
    }

    /// What an entry costs beside its value: its share of a map that has just grown, which is filled to 7 of
    /// 16, its key, and the value's allocation with two counters.
    const fn entry() -> usize {
        let place = (size_of::<(K, Entry<V>)>() + 1) * 16 / 7;
        place + V::KEY + 2 * size_of::<usize>() + ALLOCATION
    }

    /// Drops what nobody has asked for since the last time, shard by shard, until it is little
    /// enough. In the second round nothing counts as asked for.
    pub(super) fn evict(&self) {
        for _ in 0..2 * SHARDS {
            if self.counters.bytes() <= self.limit {
                return;
            }
            let shard = &self.shards[self.hand.fetch_add(1, Ordering::Relaxed) % SHARDS];
            let _fills = shard.lock();
            let mut evicted = 0;
            self.retain(shard, |_, entry| {
                let is_used = entry.is_used.swap(false, Ordering::Relaxed);
                evicted += u64::from(!is_used);
                is_used
            });
            self.counters.count_evictions(evicted);
        }
    }
}
