//! What is kept in memory of the catalog, under keys: read without a lock, filled once for many who
//! ask at once, bounded in bytes.

mod fill;
mod waiting;

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use models_core::{Epoch, RepositoryError, Snapshot};
use models_node::{BootTime, HeldLease};

use self::fill::{Failure, Fill};
use self::waiting::Waiting;
use crate::node::pause::{Point, pause};
use crate::server::metrics::CacheMetrics;

/// Each insertion copies the pointers of one shard.
const SHARDS: usize = 256;
/// How often a reading that was overtaken by a change is begun anew before its result is handed out
/// without being kept.
const ATTEMPTS: usize = 3;

/// How many changes wait for a reading, at most. One that takes longer, or that nobody waits for any more, is
/// not worth them.
const MOST_CHANGES: usize = 100;

/// What an allocation costs beside its contents.
const ALLOCATION: usize = 16;

/// A value that can be kept.
pub(crate) trait Cached: Sized {
    /// How much memory a key takes beside its place in the map, in bytes: where it is a text, that text.
    const KEY: usize = 0;

    /// What events do to it.
    type Change: Clone;

    /// How much memory it takes, in bytes.
    fn weight(&self) -> usize;

    /// What it is after these changes, the oldest first. `None` where that cannot be told from it.
    fn changed(value: &Arc<Self>, changes: &[Self::Change]) -> Option<Arc<Self>>;

    /// Whether the value is too old to be served at this time, though no event has touched it.
    fn is_expired(&self, _: BootTime) -> bool {
        false
    }
}

pub(crate) struct Cache<K, V: Cached> {
    shards: Box<[Shard<K, V>]>,
    hasher: RandomState,
    /// Only what was read in this epoch is kept.
    epoch: ArcSwap<Epoch>,
    bytes: AtomicUsize,
    metrics: CacheMetrics,
    limit: usize,
    /// The shard that the next search for something to evict begins with.
    hand: AtomicUsize,
}

type Entries<K, V> = HashMap<K, Entry<V>, RandomState>;
type Fills<K, V> = HashMap<K, Arc<Fill<V>>>;

struct Shard<K, V: Cached> {
    entries: ArcSwap<Entries<K, V>>,
    /// What is being read at the moment. The lock is held whenever the entries are replaced.
    fills: Mutex<Fills<K, V>>,
}

struct Entry<V> {
    value: Arc<V>,
    bytes: usize,
    /// Since the last search for something to evict.
    is_used: AtomicBool,
}

impl<V> Entry<V> {
    fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }
}

impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            bytes: self.bytes,
            is_used: AtomicBool::new(self.is_used()),
        }
    }
}

enum Place<V: Cached> {
    Filled(Arc<V>),
    Filling(Arc<Fill<V>>),
}

impl<K: Hash + Eq + Clone, V: Cached> Cache<K, V> {
    pub(crate) fn new(limit: usize, metrics: CacheMetrics) -> Self {
        let hasher = RandomState::default();
        let shard = || Shard {
            entries: ArcSwap::from_pointee(HashMap::with_hasher(hasher.clone())),
            fills: Mutex::default(),
        };
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hasher,
            epoch: ArcSwap::from_pointee(Epoch(String::new())),
            bytes: AtomicUsize::new(0),
            metrics,
            limit,
            hand: AtomicUsize::new(0),
        }
    }

    /// The value of this key, if memory has it. It may be sent for as long as this lease lasts.
    pub(crate) fn get(&self, held: &HeldLease, key: &K) -> Option<Arc<V>> {
        pause(Point::Memory);
        self.find(held, key)
    }

    fn find(&self, held: &HeldLease, key: &K) -> Option<Arc<V>> {
        let entries = self.shard(key).entries.load();
        let entry = entries.get(key)?;
        if entry.value.is_expired(held.at()) {
            return None;
        }
        if !entry.is_used() {
            entry.is_used.store(true, Ordering::Relaxed);
        }
        self.metrics.hits.inc();
        Some(entry.value.clone())
    }

    /// The value of this key, loaded from the database if memory does not have it, and the lease under
    /// which it may be sent. `acquire` acquires the node's lease: a load takes a while, so the lease is
    /// acquired again after it, and only then is the value taken.
    pub(crate) async fn get_or_read<R>(
        &self,
        key: &K,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        read: impl Fn() -> R,
    ) -> Result<(HeldLease, Arc<V>), RepositoryError>
    where
        R: Future<Output = Result<Snapshot<Arc<V>>, RepositoryError>>,
    {
        for _ in 0..ATTEMPTS {
            let held = acquire()?;
            let fill = match self.place(&held, key) {
                Place::Filled(value) => return Ok((held, value)),
                Place::Filling(fill) => fill,
            };
            let waiting = Waiting::new(self, key, fill);
            let fill = waiting.fill();
            let done = fill
                .read
                .get_or_init(|| async {
                    self.metrics.fills.inc();
                    read().await.map_err(Failure::from)
                })
                .await;
            match done {
                Ok(snapshot) => {
                    // Acquired before the marks of the fill are looked at.
                    if let Some((kept_under, value)) = self.keep(acquire()?, key, fill, snapshot) {
                        return Ok((acquire()?.and(kept_under), value.clone()));
                    }
                }
                Err(failure) => {
                    self.give_up(key, fill);
                    return Err(failure.to_error());
                }
            }
        }
        // Changes come faster than they can be read between. What is read from here on is true for a
        // request that is here already. No event marks it, so it may be sent only under a lease from before
        // it was read.
        let held = acquire()?;
        let Snapshot { position, value } = read().await?;
        if position.epoch != **self.epoch.load() {
            return Err(RepositoryError::Unavailable(
                "the database is another one than a moment ago".into(),
            ));
        }
        Ok((held, value))
    }

    /// Weighs this value anew, if it is the one that is kept. It has grown.
    pub(crate) fn weigh(&self, key: &K, value: &Arc<V>) {
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

    /// Looks at all values that are kept.
    pub(crate) fn for_each(&self, mut look: impl FnMut(&V)) {
        for shard in &self.shards {
            for entry in shard.entries.load().values() {
                look(&entry.value);
            }
        }
    }

    /// Changes this key's value, or drops it if that cannot be done, or nobody has asked for it since the last
    /// time. What is being read is changed when it is there.
    pub(crate) fn change(&self, key: &K, change: V::Change) {
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
    pub(crate) fn remove(&self, key: &K) {
        let shard = self.shard(key);
        let mut fills = shard.lock();
        discard(&mut fills, key);
        if shard.entries.load().contains_key(key) {
            self.retain(shard, |other, _| other != key);
        }
    }

    /// Drops all values for which this is so, and everything that is being read.
    pub(crate) fn remove_where(&self, is_dropped: impl Fn(&K, &V) -> bool) {
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
    pub(crate) fn invalidate(&self) {
        self.remove_where(|_, _| true);
    }

    /// Drops everything, and keeps from now on only what is read in this epoch.
    pub(crate) fn forget(&self, epoch: &Epoch) {
        self.epoch.store(Arc::new(epoch.clone()));
        self.invalidate();
    }

    fn shard(&self, key: &K) -> &Shard<K, V> {
        let hash = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or(0);
        &self.shards[hash % SHARDS]
    }

    fn place(&self, held: &HeldLease, key: &K) -> Place<V> {
        let shard = self.shard(key);
        let mut fills = shard.lock();
        match self.find(held, key) {
            Some(value) => Place::Filled(value),
            None => Place::Filling(fills.entry(key.clone()).or_default().clone()),
        }
    }

    /// Keeps what was read, with the changes that came meanwhile, unless an event has touched it in another way
    /// or it is of another history. Returns the value and the lease under which it was kept: events from then
    /// on change what memory has, and no longer what is being read.
    fn keep<'a>(
        &self,
        held: HeldLease,
        key: &K,
        fill: &'a Fill<V>,
        snapshot: &Snapshot<Arc<V>>,
    ) -> Option<&'a (HeldLease, Arc<V>)> {
        pause(Point::Keep);
        let shard = self.shard(key);
        let (mut result, mut applied) = (Some(snapshot.value.clone()), 0);
        loop {
            let mut fills = shard.lock();
            if fill.is_stale.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(kept) = fill.kept.get() {
                return Some(kept);
            }
            let is_of_today = snapshot.position.epoch == **self.epoch.load();
            let Some(value) = result.filter(|_| is_of_today) else {
                discard(&mut fills, key);
                return None;
            };
            let changes = fill.changes().clone();
            if changes.len() == applied {
                fills.remove(key);
                let kept = fill.kept.get_or_init(|| (held, value));
                // Entries used once are evicted first.
                self.insert(shard, key, kept.1.clone(), false);
                drop(fills);
                self.evict();
                return Some(kept);
            }
            drop(fills);
            // Without the lock, as others want to fill their places. More may come meanwhile.
            (result, applied) = (V::changed(&snapshot.value, &changes), changes.len());
        }
    }

    fn give_up(&self, key: &K, fill: &Arc<Fill<V>>) {
        let mut fills = self.shard(key).lock();
        if fills
            .get(key)
            .is_some_and(|placed| Arc::ptr_eq(placed, fill))
        {
            fills.remove(key);
        }
    }

    /// Called with the shard's lock held.
    fn insert(&self, shard: &Shard<K, V>, key: &K, value: Arc<V>, is_used: bool) {
        let bytes = Self::entry() + value.weight();
        let entry = Entry {
            bytes,
            value,
            is_used: AtomicBool::new(is_used),
        };
        self.grow(bytes);
        let mut entries = Entries::clone(&shard.entries.load());
        if let Some(before) = entries.insert(key.clone(), entry) {
            self.shrink(before.bytes);
        }
        shard.entries.store(Arc::new(entries));
    }

    /// Called with the shard's lock held.
    fn retain(&self, shard: &Shard<K, V>, mut is_kept: impl FnMut(&K, &Entry<V>) -> bool) {
        let mut entries = Entries::clone(&shard.entries.load());
        entries.retain(|key, entry| {
            let is_kept = is_kept(key, entry);
            if !is_kept {
                self.shrink(entry.bytes);
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

    fn grow(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.metrics.bytes.add(i64::try_from(bytes).unwrap_or(0));
    }

    fn shrink(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.metrics.bytes.sub(i64::try_from(bytes).unwrap_or(0));
    }

    /// Drops what nobody has asked for since the last time, shard by shard, until it is little
    /// enough. In the second round nothing counts as asked for.
    fn evict(&self) {
        for _ in 0..2 * SHARDS {
            if self.bytes.load(Ordering::Relaxed) <= self.limit {
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
            self.metrics.evictions.inc_by(evicted);
        }
    }
}

impl<K, V: Cached> Shard<K, V> {
    /// Nothing that is done under the lock can panic half-way.
    fn lock(&self) -> MutexGuard<'_, Fills<K, V>> {
        self.fills.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing is kept of what is being read. Whoever waits for it has it read anew.
fn discard<K: Hash + Eq, V: Cached>(fills: &mut Fills<K, V>, key: &K) {
    if let Some(fill) = fills.remove(key) {
        fill.is_stale.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
