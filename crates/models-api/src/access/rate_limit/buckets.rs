//! A bounded table of buckets.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};

/// The number of buckets that keys outside the full table share.
const SHARED: usize = 1_024;
/// The time in which an empty bucket refills. A bucket that was unused for this time is full, like a new one.
const REFILL: Duration = Duration::from_mins(1);
/// The time between two searches of a full table for unused buckets. A search visits the whole table.
const SEARCH_INTERVAL: Duration = Duration::from_secs(1);

/// A bucket for each key, up to a number of keys. While the table is full of keys that were used within the last minute,
/// the other keys share [`SHARED`] buckets. A shared bucket may limit a key too early, but no key goes without a limit.
pub(super) struct Buckets<K> {
    most: usize,
    table: Mutex<Table<K>>,
    shared: Vec<InMemoryState>,
    hasher: RandomState,
}

struct Table<K> {
    buckets: HashMap<K, Bucket>,
    searched_at: Option<Instant>,
}

struct Bucket {
    state: InMemoryState,
    used_at: Instant,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            table: Mutex::new(Table {
                buckets: HashMap::new(),
                searched_at: None,
            }),
            shared: (0..SHARED).map(|_| InMemoryState::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    fn measure_at<T, F, E>(&self, key: &K, now: Instant, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if !table.buckets.contains_key(key) && !table.has_room(self.most, now) {
            drop(table);
            let index = self.hasher.hash_one(key) % SHARED as u64;
            let shared =
                usize::try_from(index).map_or(&self.shared[0], |index| &self.shared[index]);
            return shared.measure_and_replace(&NotKeyed::NonKey, measure);
        }
        let bucket = table.buckets.entry(key.clone()).or_insert_with(|| Bucket {
            state: InMemoryState::default(),
            used_at: now,
        });
        bucket.used_at = now;
        bucket.state.measure_and_replace(&NotKeyed::NonKey, measure)
    }
}

impl<K> Table<K> {
    fn has_room(&mut self, most: usize, now: Instant) -> bool {
        if self.buckets.len() < most {
            return true;
        }
        let age = |at: Instant| now.saturating_duration_since(at);
        if self.searched_at.is_some_and(|at| age(at) < SEARCH_INTERVAL) {
            return false;
        }
        self.searched_at = Some(now);
        self.buckets
            .retain(|_, bucket| age(bucket.used_at) < REFILL);
        self.buckets.len() < most
    }
}

impl<K: Hash + Eq + Clone> StateStore for Buckets<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.measure_at(key, Instant::now(), measure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes the only token of a bucket. Returns whether the bucket had it.
    fn take(buckets: &Buckets<u32>, key: u32, now: Instant) -> bool {
        let measure = |state: Option<Nanos>| match state {
            None => Ok(((), Nanos::new(1))),
            Some(_) => Err(()),
        };
        buckets.measure_at(&key, now, measure).is_ok()
    }

    fn count(buckets: &Buckets<u32>) -> usize {
        buckets.table.lock().unwrap().buckets.len()
    }

    #[test]
    fn keys_outside_a_full_table_share_buckets_until_others_are_unused() {
        let buckets = Buckets::new(100);
        let now = Instant::now();
        for key in 0..100 {
            assert!(take(&buckets, key, now) && !take(&buckets, key, now));
        }
        let allowed = (100..50_000)
            .filter(|key| take(&buckets, *key, now))
            .count();
        assert!((1..=SHARED).contains(&allowed), "{allowed}");
        assert_eq!(count(&buckets), 100);
        assert!(
            !take(&buckets, 7, now),
            "a key in the table keeps its bucket"
        );
        let later = now + REFILL;
        assert!(take(&buckets, 50_000, later));
        assert_eq!(count(&buckets), 1);
    }
}
