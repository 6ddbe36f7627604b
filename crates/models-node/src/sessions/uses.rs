//! The uses of keys that are not recorded yet.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use models_core::{AdminApiKeyId, ApiKeyId, Timestamp};

/// The most keys whose uses wait, in some ten megabytes. While the database cannot write, uses of other keys are dropped.
const MOST: usize = 100_000;

/// The id of a key of either kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum KeyId {
    Key(ApiKeyId),
    Admin(AdminApiKeyId),
}

/// The last uses of keys whose sessions were dropped, and those that could not be recorded.
pub(super) struct Uses {
    most: usize,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    last: HashMap<KeyId, Timestamp>,
    dropped: usize,
}

impl Default for Uses {
    fn default() -> Self {
        Self::at_most(MOST)
    }
}

impl Uses {
    /// At most this many keys have uses that wait.
    fn at_most(most: usize) -> Self {
        let waiting = Mutex::default();
        Self { most, waiting }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds these uses. For each key, the latest use remains.
    pub(super) fn add(&self, uses: impl IntoIterator<Item = (KeyId, Timestamp)>) {
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

    /// Takes all uses.
    pub(super) fn take(&self) -> Vec<(KeyId, Timestamp)> {
        let waiting = mem::take(&mut *self.lock());
        if waiting.dropped > 0 {
            tracing::warn!(
                dropped = waiting.dropped,
                "too many uses of keys wait to be recorded; dropped the uses of further keys"
            );
        }
        waiting.last.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: usize) -> KeyId {
        KeyId::Key(ApiKeyId::from_uuid(Uuid::from_u128(number as u128)))
    }

    #[test]
    fn the_latest_use_of_each_key_remains() {
        let uses = Uses::default();
        for at in [1, 3, 2] {
            uses.add([(id(1), Timestamp::from_seconds(at))]);
        }
        assert_eq!(uses.take(), [(id(1), Timestamp::from_seconds(3))]);
        assert_eq!(uses.take(), []);
    }

    #[test]
    fn the_number_of_waiting_uses_is_bounded() {
        let uses = Uses::at_most(100);
        let at = Timestamp::from_seconds(1);
        uses.add((0..110).map(|number| (id(number), at)));
        // A later use of a key that waits already.
        uses.add([(id(0), Timestamp::from_seconds(2))]);
        assert_eq!(uses.lock().dropped, 10);
        let taken: HashMap<_, _> = uses.take().into_iter().collect();
        assert_eq!(taken.len(), 100);
        assert_eq!(taken[&id(0)], Timestamp::from_seconds(2));
    }
}
