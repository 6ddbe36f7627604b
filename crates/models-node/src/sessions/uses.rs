//! When keys were used, until that is recorded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use models_core::{ApiKeyId, Timestamp};

/// How many keys' uses wait, at most: some ten megabytes. While the database cannot write, a use of any other
/// key is dropped.
const MOST: usize = 100_000;

/// The last use of each key that is not in memory any more, or whose use could not be recorded.
pub(super) struct Uses {
    most: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last: HashMap<ApiKeyId, Timestamp>,
    dropped: usize,
}

impl Default for Uses {
    fn default() -> Self {
        Self::at_most(MOST)
    }
}

impl Uses {
    /// Keeps the uses of this many keys.
    fn at_most(most: usize) -> Self {
        let waiting = Mutex::default();
        Self { most, waiting }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds these uses. Of each key only the last one is kept.
    pub(super) fn add(&self, uses: impl IntoIterator<Item = (ApiKeyId, Timestamp)>) {
        let mut waiting = self.lock();
        for (id, at) in uses {
            let is_full = waiting.last.len() >= self.most;
            match waiting.last.entry(id) {
                Entry::Occupied(mut last) => {
                    let later = at.max(*last.get());
                    last.insert(later);
                }
                Entry::Vacant(vacant) if !is_full => {
                    vacant.insert(at);
                }
                Entry::Vacant(_) => waiting.dropped += 1,
            }
        }
    }

    /// Takes all of them.
    pub(super) fn take(&self) -> Vec<(ApiKeyId, Timestamp)> {
        let waiting = mem::take(&mut *self.lock());
        if waiting.dropped > 0 {
            tracing::warn!(
                dropped = waiting.dropped,
                "too many uses of keys wait to be recorded; dropped those of other keys"
            );
        }
        waiting.last.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: usize) -> ApiKeyId {
        ApiKeyId::from_uuid(Uuid::from_u128(number as u128))
    }

    #[test]
    fn of_each_key_the_last_use_is_kept() {
        let uses = Uses::default();
        for at in [1, 3, 2] {
            uses.add([(id(1), Timestamp::from_seconds(at))]);
        }
        assert_eq!(uses.take(), [(id(1), Timestamp::from_seconds(3))]);
        assert_eq!(uses.take(), []);
    }

    #[test]
    fn uses_that_wait_are_bounded() {
        let uses = Uses::at_most(100);
        let at = Timestamp::from_seconds(1);
        uses.add((0..110).map(|number| (id(number), at)));
        // One that is there already is moved on.
        uses.add([(id(0), Timestamp::from_seconds(2))]);
        assert_eq!(uses.lock().dropped, 10);
        let taken: HashMap<_, _> = uses.take().into_iter().collect();
        assert_eq!(taken.len(), 100);
        assert_eq!(taken[&id(0)], Timestamp::from_seconds(2));
    }
}
