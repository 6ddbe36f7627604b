//! The map of a cache, in shards: read without a lock, and replaced shard by shard.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use models_core::Epoch;

use super::cached::Cached;
use super::counters::CacheCounters;
use super::fill::Fill;
use crate::lease::HeldLease;
use crate::pause::{Point, pause};

/// Each insertion copies the pointers of one shard.
pub(super) const SHARDS: usize = 256;

/// Values in memory, by key.
pub struct Cache<K, V: Cached> {
    pub(super) shards: Box<[Shard<K, V>]>,
    hasher: RandomState,
    /// Only what was read in this epoch is kept.
    pub(super) epoch: ArcSwap<Epoch>,
    pub(super) counters: Arc<CacheCounters>,
    /// The most memory that it takes, in bytes.
    pub(super) limit: usize,
    /// How much of the memory in use the values can spare, in bytes.
    pub(super) spare: AtomicUsize,
    /// The shard that the next search for something to evict begins with.
    pub(super) hand: AtomicUsize,
}

pub(super) type Entries<K, V> = HashMap<K, Entry<V>, RandomState>;
pub(super) type Fills<K, V> = HashMap<K, Arc<Fill<V>>>;

pub(super) struct Shard<K, V: Cached> {
    pub(super) entries: ArcSwap<Entries<K, V>>,
    /// What is being read at the moment. The lock is held whenever the entries are replaced.
    pub(super) fills: Mutex<Fills<K, V>>,
}

pub(super) struct Entry<V> {
    pub(super) value: Arc<V>,
    pub(super) bytes: usize,
    /// How much of that the value can spare.
    pub(super) spare: usize,
    /// Since the last search for something to evict.
    pub(super) is_used: AtomicBool,
}

impl<V> Entry<V> {
    pub(super) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            bytes: self.bytes,
            spare: self.spare,
            is_used: AtomicBool::new(self.is_used()),
        }
    }
}

impl<K: Hash + Eq + Clone, V: Cached> Cache<K, V> {
    /// An empty cache that takes up to so many bytes. It keeps nothing before
    /// [`forget`](Self::forget) has named an epoch.
    #[must_use]
    pub fn new(limit: usize, counters: Arc<CacheCounters>) -> Self {
        let hasher = RandomState::default();
        let shard = || Shard {
            entries: ArcSwap::from_pointee(HashMap::with_hasher(hasher.clone())),
            fills: Mutex::default(),
        };
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher,
            epoch: ArcSwap::from_pointee(Epoch(String::new())),
            counters,
            limit,
            spare: AtomicUsize::new(0),
            hand: AtomicUsize::new(0),
        }
    }

    /// The value of this key, if memory has it. It may be sent for as long as this lease lasts.
    #[must_use]
    pub fn get(&self, held: &HeldLease, key: &K) -> Option<Arc<V>> {
        pause(Point::Memory);
        self.find(held, key)
    }

    pub(super) fn find(&self, held: &HeldLease, key: &K) -> Option<Arc<V>> {
        let entries = self.shard(key).entries.load();
        let entry = entries.get(key)?;
        if entry.value.is_expired(held.at()) {
            return None;
        }
        if !entry.is_used() {
            entry.is_used.store(true, Ordering::Relaxed);
        }
        self.counters.count_hit();
        Some(entry.value.clone())
    }

    /// Shows all values to this function.
    pub fn for_each(&self, mut look: impl FnMut(&V)) {
        for shard in &self.shards {
            for entry in shard.entries.load().values() {
                look(&entry.value);
            }
        }
    }

    pub(super) fn shard(&self, key: &K) -> &Shard<K, V> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or(0);
        &self.shards[hash % SHARDS]
    }
}

impl<K, V: Cached> Shard<K, V> {
    /// Nothing that is done under the lock can panic half-way.
    pub(super) fn lock(&self) -> MutexGuard<'_, Fills<K, V>> {
        self.fills.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing is kept of what is being read. Each request that waits for it has it read anew.
pub(super) fn discard<K: Hash + Eq, V: Cached>(fills: &mut Fills<K, V>, key: &K) {
    if let Some(fill) = fills.remove(key) {
        fill.is_stale.store(true, Ordering::Relaxed);
    }
}
