//! Loads: a value that memory does not have is read once for all requests that wait for it.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use models_core::{RepositoryError, Snapshot};

use super::cached::Cached;
use super::fill::{Failure, Fill};
use super::map::{Cache, discard};
use super::waiting::Waiting;
use crate::lease::HeldLease;
use crate::pause::{Point, pause};

/// How often a reading that was overtaken by a change is begun anew before its result is handed out
/// without being kept.
const ATTEMPTS: usize = 3;

enum Place<V: Cached> {
    Filled(Arc<V>),
    Filling(Arc<Fill<V>>),
}

impl<K: Hash + Eq + Clone, V: Cached> Cache<K, V> {
    /// The value of this key, loaded from the database if memory does not have it, and the lease under
    /// which it may be sent. `acquire` acquires the node's lease: a load takes a while, so the lease is
    /// acquired again after it, and only then is the value taken.
    pub async fn get_or_read<R>(
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
                    self.counters.count_load();
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
}
