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
        let entry = Entry {
            bytes: Self::entry() + value.weight(),
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
                self.discount(entry);
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

    fn count(&self, entry: &Entry<V>) {
        self.counters.grow(entry.bytes);
        self.spare.fetch_add(entry.spare, Ordering::Relaxed);
    }

    fn discount(&self, entry: &Entry<V>) {
        self.counters.shrink(entry.bytes);
        self.spare.fetch_sub(entry.spare, Ordering::Relaxed);
    }

    /// Frees memory, shard by shard, until there is little enough of it in use. First from what nobody has used since
    /// the last visit to its shard: what it can spare, and if that is not enough, the entry. Then what the others can
    /// spare, and in the end the others. Cold entries that come and go thus take nothing from those in use.
    pub(super) fn evict(&self) {
        self.visit(|shard| {
            self.shed(shard, |entry| !entry.is_used());
            if self.is_over() {
                self.evict_unused(shard);
            }
        });
        self.visit(|shard| self.shed(shard, |_| true));
        // The first round has taken back that they were used.
        self.visit(|shard| self.evict_unused(shard));
    }

    fn is_over(&self) -> bool {
        self.counters.bytes() > self.limit
    }

    /// Visits each shard once, its lock held, until there is little enough in use.
    fn visit(&self, free: impl Fn(&Shard<K, V>)) {
        for _ in 0..SHARDS {
            if !self.is_over() {
                return;
            }
            let shard = &self.shards[self.hand.fetch_add(1, Ordering::Relaxed) % SHARDS];
            let _fills = shard.lock();
            free(shard);
        }
    }

    /// Frees what these entries of the shard can spare. Called with its lock held.
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
        for entry in entries.values_mut().filter(|entry| sheds(entry)) {
            self.discount(entry);
            entry.value.shed();
            entry.bytes = Self::entry() + entry.value.weight();
            entry.spare = entry.value.spare();
            self.count(entry);
        }
        shard.entries.store(Arc::new(entries));
    }

    /// Drops the entries of the shard that nobody has used since this was last done. Called with its lock held.
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
