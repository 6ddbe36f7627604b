//! Loads: simultaneous misses of a key share one read from the database.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use models_core::{RepositoryError, Snapshot};

use super::cached::{CacheKey, Cached};
use super::in_flight::{Failure, InFlight};
use super::map::{Cache, invalidate_load};
use super::waiting::Waiting;
use crate::lease::HeldLease;
use crate::pause::{Point, pause};

/// The number of loads that a request begins at most. If events have invalidated each of them, the request reads the database
/// once more, and the cache does not insert the result.
const ATTEMPTS: usize = 3;

enum LookUp<V: Cached> {
    Hit(Arc<V>),
    Miss(Arc<InFlight<V>>),
}

impl<K: CacheKey, V: Cached> Cache<K, V> {
    /// The value of this key, loaded from the database on a miss, and the lease under which it may be sent. `acquire`
    /// acquires the node's lease. A load takes a while, so this acquires the lease again after it, and takes the value only
    /// then.
    pub async fn get_or_load<R>(
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
            let load = match self.look_up(&held, key) {
                LookUp::Hit(value) => return Ok((held, value)),
                LookUp::Miss(load) => load,
            };
            let waiting = Waiting::new(self, key, load);
            let load = waiting.load();
            let done = load
                .loaded
                .get_or_init(|| async {
                    self.counters.count_load();
                    read().await.map_err(Failure::from)
                })
                .await;
            match done {
                Ok(snapshot) => {
                    // Acquired before the marks of the load are read.
                    let held = acquire()?;
                    if let Some((since, value)) = self.insert_loaded(held, key, load, snapshot) {
                        return Ok((acquire()?.and(since), value.clone()));
                    }
                }
                Err(failure) => {
                    self.remove_failed(key, load);
                    return Err(failure.to_error());
                }
            }
        }
        // Events come faster than the database can be read between them. A read that begins now is fresh enough for this
        // request. No event invalidates its result, so it may be sent only under a lease from before the read.
        let held = acquire()?;
        let Snapshot { position, value } = read().await?;
        if position.epoch != **self.epoch.load() {
            return Err(RepositoryError::Unavailable(
                "the database was replaced by another one".into(),
            ));
        }
        Ok((held, value))
    }

    /// The value of this key, or its load in flight. A load begins if there is none.
    fn look_up(&self, held: &HeldLease, key: &K) -> LookUp<V> {
        let shard = self.shard(key);
        let mut loads = shard.lock();
        match self.find(held, key) {
            Some(value) => LookUp::Hit(value),
            None => LookUp::Miss(loads.entry(key.clone()).or_default().clone()),
        }
    }

    /// Inserts the result of a load after it has applied the changes since the load began. `None` if an event has
    /// invalidated the load, or if the result is of another epoch. Returns the value and the lease that the node held at the
    /// insertion: later events change the entry and no longer the load.
    fn insert_loaded<'a>(
        &self,
        held: HeldLease,
        key: &K,
        load: &'a InFlight<V>,
        snapshot: &Snapshot<Arc<V>>,
    ) -> Option<&'a (HeldLease, Arc<V>)> {
        pause(Point::Insert);
        let shard = self.shard(key);
        let (mut result, mut applied) = (Some(snapshot.value.clone()), 0);
        loop {
            let mut loads = shard.lock();
            if load.is_stale.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(inserted) = load.inserted.get() {
                return Some(inserted);
            }
            let is_of_this_epoch = snapshot.position.epoch == **self.epoch.load();
            let Some(value) = result.filter(|_| is_of_this_epoch) else {
                invalidate_load(&mut loads, key);
                return None;
            };
            let changes = load.changes().clone();
            if changes.len() == applied {
                loads.remove(key);
                let inserted = load.inserted.get_or_init(|| (held, value));
                // Without the mark of a hit: the cache evicts entries that were used once first.
                self.insert(shard, key, inserted.1.clone(), false);
                drop(loads);
                self.evict();
                return Some(inserted);
            }
            drop(loads);
            // Without the lock, because loads of other keys need it. More changes may come meanwhile.
            (result, applied) = (V::changed(&snapshot.value, &changes), changes.len());
        }
    }

    /// Removes a load that has failed. The next request begins another one.
    fn remove_failed(&self, key: &K, load: &Arc<InFlight<V>>) {
        let mut loads = self.shard(key).lock();
        if loads
            .get(key)
            .is_some_and(|present| Arc::ptr_eq(present, load))
        {
            loads.remove(key);
        }
    }
}
