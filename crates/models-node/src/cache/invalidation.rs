//! What events do to a cache: values are changed or dropped, and what is being read is marked.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use models_core::Epoch;

use super::cached::Cached;
use super::map::{Cache, discard};

/// How many changes wait for a reading, at most. One that takes longer, or that nobody waits for any more, is
/// not worth them.
pub(super) const MOST_CHANGES: usize = 100;

impl<K: Hash + Eq + Clone, V: Cached> Cache<K, V> {
    /// Changes this key's value, or drops it if that cannot be done, or nobody has asked for it since the last
    /// time. What is being read is changed when it is there.
    pub fn change(&self, key: &K, change: V::Change) {
        let shard = self.shard(key);
        let before = shard.entries.load().get(key).cloned();
        // Without the lock: with a long list it takes a while, and others want to fill their places.
        let after = before
            .as_ref()
            .filter(|entry| entry.is_used())
            .and_then(|entry| V::changed(&entry.value, std::slice::from_ref(&change)));
        let mut fills = shard.lock();
        let entries = shard.entries.load();
        if let Some(entry) = entries.get(key) {
            // Another than before may have been read before the event.
            let is_same = before.is_some_and(|before| Arc::ptr_eq(&entry.value, &before.value));
            match after.filter(|_| is_same) {
                None => self.retain(shard, |other, _| other != key),
                Some(value) => self.insert(shard, key, value, false),
            }
        }
        let is_full = fills.get(key).is_some_and(|fill| {
            let mut changes = fill.changes();
            changes.push(change);
            changes.len() > MOST_CHANGES
        });
        if is_full {
            discard(&mut fills, key);
        }
    }

    /// Drops this key's value, and what is being read for it.
    pub fn remove(&self, key: &K) {
        let shard = self.shard(key);
        let mut fills = shard.lock();
        discard(&mut fills, key);
        if shard.entries.load().contains_key(key) {
            self.retain(shard, |other, _| other != key);
        }
    }

    /// Drops all values for which this is so, and everything that is being read.
    pub fn remove_where(&self, is_dropped: impl Fn(&K, &V) -> bool) {
        for shard in &self.shards {
            let mut fills = shard.lock();
            for (_, fill) in fills.drain() {
                fill.is_stale.store(true, Ordering::Relaxed);
            }
            let entries = shard.entries.load();
            let mut all = entries.iter();
            if all.any(|(key, entry)| is_dropped(key, &entry.value)) {
                self.retain(shard, |key, entry| !is_dropped(key, &entry.value));
            }
        }
    }

    /// Drops everything, also what is being read. The epoch stays.
    pub fn invalidate(&self) {
        self.remove_where(|_, _| true);
    }

    /// Drops everything, and keeps from now on only what is read in this epoch.
    pub fn forget(&self, epoch: &Epoch) {
        self.epoch.store(Arc::new(epoch.clone()));
        self.invalidate();
    }
}
