//! Invalidation: events change or drop entries, and mark loads in flight.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use models_core::Epoch;

use super::cached::{CacheKey, Cached};
use super::map::{Cache, invalidate_load};

/// The most changes that wait for a load in flight. A load that takes longer, or for which no request waits, is
/// not worth the memory.
pub(super) const MOST_CHANGES: usize = 100;

impl<K: CacheKey, V: Cached> Cache<K, V> {
    /// Changes the value of this key. Drops it instead if the change cannot be applied to it, or if it had no hit since the
    /// change before. The change also applies to the result of a load in flight.
    pub fn change(&self, key: &K, change: V::Change) {
        let shard = self.shard(key);
        let before = shard.entries.load().get(key).cloned();
        // Without the lock: a long list takes a while to change, and loads of other keys need the lock.
        let after = before
            .as_ref()
            .filter(|entry| entry.is_used())
            .and_then(|entry| V::changed(&entry.value, std::slice::from_ref(&change)));
        let mut loads = shard.lock();
        let entries = shard.entries.load();
        if let Some(entry) = entries.get(key) {
            // A load may have replaced the value meanwhile, and may have read the database before the event.
            let is_same = before.is_some_and(|before| Arc::ptr_eq(&entry.value, &before.value));
            match after.filter(|_| is_same) {
                None => self.retain(shard, |other, _| other != key),
                Some(value) => self.insert(shard, key, value, false),
            }
        }
        let is_full = loads.get(key).is_some_and(|load| {
            let mut changes = load.changes();
            changes.push(change);
            changes.len() > MOST_CHANGES
        });
        if is_full {
            invalidate_load(&mut loads, key);
        }
    }

    /// The keys that satisfy this condition, of entries and of loads in flight.
    ///
    /// A caller that applies an event to these keys reaches every value that may lack the event: a load that begins in a shard
    /// after this looked into it reads the database after the event was committed.
    pub fn keys_where(&self, is_meant: impl Fn(&K) -> bool) -> Vec<K> {
        let mut keys = Vec::new();
        for shard in &self.shards {
            let loads = shard.lock();
            let entries = shard.entries.load();
            let of_loads = loads.keys().filter(|key| !entries.contains_key(*key));
            let all = entries.keys().chain(of_loads);
            keys.extend(all.filter(|key| is_meant(key)).cloned());
        }
        keys
    }

    /// Drops the value of this key, and invalidates its load in flight.
    pub fn remove(&self, key: &K) {
        let shard = self.shard(key);
        let mut loads = shard.lock();
        invalidate_load(&mut loads, key);
        if shard.entries.load().contains_key(key) {
            self.retain(shard, |other, _| other != key);
        }
    }

    /// Drops all entries for which `is_dropped` is true, and invalidates all loads in flight.
    pub fn remove_where(&self, is_dropped: impl Fn(&K, &V) -> bool) {
        for shard in &self.shards {
            let mut loads = shard.lock();
            for (_, load) in loads.drain() {
                load.is_stale.store(true, Ordering::Relaxed);
            }
            let entries = shard.entries.load();
            let mut all = entries.iter();
            if all.any(|(key, entry)| is_dropped(key, &entry.value)) {
                self.retain(shard, |key, entry| !is_dropped(key, &entry.value));
            }
        }
    }

    /// Drops all entries, and invalidates all loads in flight. The epoch stays.
    pub fn invalidate(&self) {
        self.remove_where(|_, _| true);
    }

    /// Drops all entries, and invalidates all loads in flight. From now on, the cache inserts only values that were read in
    /// this epoch.
    pub fn begin_epoch(&self, epoch: &Epoch) {
        self.epoch.store(Arc::new(epoch.clone()));
        self.invalidate();
    }
}
