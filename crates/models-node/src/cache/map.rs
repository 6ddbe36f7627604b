//! The map of a cache, in shards. Requests read a shard without a lock, and each write replaces the shard's map.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use models_core::Epoch;

use super::cached::{CacheKey, Cached};
use super::counters::CacheCounters;
use super::in_flight::InFlight;
use crate::lease::HeldLease;
use crate::pause::{Point, pause};

/// The number of shards. Each insertion copies the entries of one shard.
pub(super) const SHARDS: usize = 256;

/// A cache of values by key.
pub struct Cache<K, V: Cached> {
    pub(super) shards: Box<[Shard<K, V>]>,
    hasher: RandomState,
    /// The cache inserts only values that were read in this epoch.
    pub(super) epoch: ArcSwap<Epoch>,
    pub(super) counters: Arc<CacheCounters>,
    /// The most memory that the entries may take, in bytes.
    pub(super) limit: usize,
    /// The spare memory of all values, in bytes.
    pub(super) spare: AtomicUsize,
    /// The number of the shard that the next eviction begins with, modulo the number of shards.
    pub(super) hand: AtomicUsize,
}

pub(super) type Entries<K, V> = HashMap<K, Entry<V>, RandomState>;
pub(super) type Loads<K, V> = HashMap<K, Arc<InFlight<V>>>;

pub(super) struct Shard<K, V: Cached> {
    pub(super) entries: ArcSwap<Entries<K, V>>,
    /// The loads in flight. Every write to `entries` holds this lock.
    pub(super) loads: Mutex<Loads<K, V>>,
}

pub(super) struct Entry<V> {
    pub(super) value: Arc<V>,
    /// The memory that the entry takes with its value, in bytes.
    pub(super) bytes: usize,
    /// The spare memory of the value, in bytes.
    pub(super) spare: usize,
    /// The entry had a hit since the last visit of an eviction.
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

impl<K: CacheKey, V: Cached> Cache<K, V> {
    /// An empty cache of at most this many bytes. It inserts nothing before [`begin_epoch`](Self::begin_epoch) has named an
    /// epoch.
    #[must_use]
    pub fn new(limit: usize, counters: Arc<CacheCounters>) -> Self {
        let hasher = RandomState::default();
        let shard = || Shard {
            entries: ArcSwap::from_pointee(HashMap::with_hasher(hasher.clone())),
            loads: Mutex::default(),
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

    /// The value of this key; `None` is a miss. The value may be sent as long as this lease lasts.
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

    /// Calls this function with each value.
    pub fn for_each(&self, mut visit: impl FnMut(&V)) {
        for shard in &self.shards {
            for entry in shard.entries.load().values() {
                visit(&entry.value);
            }
        }
    }

    pub(super) fn shard(&self, key: &K) -> &Shard<K, V> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or(0);
        &self.shards[hash % SHARDS]
    }
}

impl<K, V: Cached> Shard<K, V> {
    /// A poisoned lock is safe to use: no code under the lock leaves a change half done.
    pub(super) fn lock(&self) -> MutexGuard<'_, Loads<K, V>> {
        self.loads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Invalidates the load in flight of this key: the cache does not insert its result, and each waiting request begins another
/// load.
pub(super) fn invalidate_load<K: CacheKey, V: Cached>(loads: &mut Loads<K, V>, key: &K) {
    if let Some(load) = loads.remove(key) {
        load.is_stale.store(true, Ordering::Relaxed);
    }
}
