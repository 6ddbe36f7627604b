//! The size of the entries of a cache, and which of them it evicts to stay within its bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cached::{CacheKey, Cached};
use super::map::{Cache, Entries, Entry, SHARDS, Shard};

/// The memory that an allocation takes beside its contents, in bytes.
const ALLOCATION: usize = 16;

impl<K: CacheKey, V: Cached> Cache<K, V> {
    /// Counts the present size of this value, which has grown, if it is still in the cache. Evicts entries if the cache is then
    /// too large.
    pub fn update_size(&self, key: &K, value: &Arc<V>) {
        let shard = self.shard(key);
        let loads = shard.lock();
        let entries = shard.entries.load();
        let same = entries
            .get(key)
            .filter(|entry| Arc::ptr_eq(&entry.value, value));
        if let Some(entry) = same {
            self.insert(shard, key, value.clone(), entry.is_used());
        }
        drop(loads);
        self.evict();
    }

    /// Inserts a value. The caller holds the shard's lock.
    pub(super) fn insert(&self, shard: &Shard<K, V>, key: &K, value: Arc<V>, is_used: bool) {
        let entry = Entry {
            bytes: Self::entry(key) + value.size(),
            spare: value.spare(),
            value,
            is_used: AtomicBool::new(is_used),
        };
        self.count(&entry);
        let mut entries = Entries::clone(&shard.entries.load());
        if let Some(before) = entries.insert(key.clone(), entry) {
            self.discount(&before);
        }
        shard.entries.store(Arc::new(entries));
    }

    /// Drops the entries for which `is_retained` is false. The caller holds the shard's lock.
    pub(super) fn retain(
        &self,
        shard: &Shard<K, V>,
        mut is_retained: impl FnMut(&K, &Entry<V>) -> bool,
    ) {
        let mut entries = Entries::clone(&shard.entries.load());
        entries.retain(|key, entry| {
            let is_retained = is_retained(key, entry);
            if !is_retained {
                self.discount(entry);
            }
            is_retained
        });
        shard.entries.store(Arc::new(entries));
    }

    /// The memory that an entry takes beside its value, in bytes: its place in the map, its key, and the two counters and the
    /// allocation of the value. A map that has just grown has 16 places for 7 entries.
    fn entry(key: &K) -> usize {
        let place = (size_of::<(K, Entry<V>)>() + 1) * 16 / 7;
        place + key.size() + 2 * size_of::<usize>() + ALLOCATION
    }

    fn count(&self, entry: &Entry<V>) {
        self.counters.grow(entry.bytes);
        self.spare.fetch_add(entry.spare, Ordering::Relaxed);
    }

    fn discount(&self, entry: &Entry<V>) {
        self.counters.shrink(entry.bytes);
        self.spare.fetch_sub(entry.spare, Ordering::Relaxed);
    }

    /// Frees memory, shard by shard, until the cache is within its bound:
    ///
    /// 1. Entries without a hit since the last visit to their shard shed their spare memory. If that is not enough, the
    ///    cache evicts them.
    /// 2. The other entries shed their spare memory.
    /// 3. The cache evicts the other entries.
    ///
    /// So entries that are loaded once do not displace entries with hits.
    pub(super) fn evict(&self) {
        self.visit(|shard| {
            self.shed(shard, |entry| !entry.is_used());
            if self.is_over() {
                self.evict_unused(shard);
            }
        });
        self.visit(|shard| self.shed(shard, |_| true));
        // The first round has cleared the marks of the entries with hits.
        self.visit(|shard| self.evict_unused(shard));
    }

    fn is_over(&self) -> bool {
        self.counters.bytes() > self.limit
    }

    /// Calls `free` for each shard, with its lock held, until the cache is within its bound.
    fn visit(&self, free: impl Fn(&Shard<K, V>)) {
        for _ in 0..SHARDS {
            if !self.is_over() {
                return;
            }
            let shard = &self.shards[self.hand.fetch_add(1, Ordering::Relaxed) % SHARDS];
            let _loads = shard.lock();
            free(shard);
        }
    }

    /// Frees the spare memory of the chosen entries of the shard. The caller holds the shard's lock.
    fn shed(&self, shard: &Shard<K, V>, is_chosen: impl Fn(&Entry<V>) -> bool) {
        if self.spare.load(Ordering::Relaxed) == 0 {
            return;
        }
        let sheds = |entry: &Entry<V>| entry.spare > 0 && is_chosen(entry);
        let before = shard.entries.load();
        if !before.values().any(sheds) {
            return;
        }
        let mut entries = Entries::clone(&before);
        for (key, entry) in entries.iter_mut().filter(|(_, entry)| sheds(entry)) {
            self.discount(entry);
            entry.value.shed();
            entry.bytes = Self::entry(key) + entry.value.size();
            entry.spare = entry.value.spare();
            self.count(entry);
        }
        shard.entries.store(Arc::new(entries));
    }

    /// Evicts the entries of the shard without a hit since the last visit, and clears the marks of the others. The caller
    /// holds the shard's lock.
    fn evict_unused(&self, shard: &Shard<K, V>) {
        let mut evicted = 0;
        self.retain(shard, |_, entry| {
            let is_used = entry.is_used.swap(false, Ordering::Relaxed);
            evicted += u64::from(!is_used);
            is_used
        });
        self.counters.count_evictions(evicted);
    }
}
