use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use models_core::Snapshot;

use models_core::KeyDigest;

use super::scene::{ENTRY, LIMIT, cache, epoch, lease, load, snapshot};
use crate::cache::cached::CacheKey;
use crate::cache::{Cache, Cached};
use crate::fake::models::{audience, restricted};

#[tokio::test]
async fn a_cache_stays_within_its_bound_and_evicts_entries_without_hits_first() {
    let cache = cache();
    let (mut most, mut found) = (0, 0);
    for key in 0..1_000 {
        let read = || async { Ok(snapshot(key, "one")) };
        load(&cache, &key, read).await.unwrap();
        most = most.max(cache.counters.bytes());
        found += u32::from(cache.get(&lease(), &0).is_some());
    }
    assert!(most <= LIMIT, "{most}");
    assert_eq!(found, 1_000);
    cache.remove_where(|_, _| true);
    assert_eq!(cache.counters.bytes(), 0);
}

#[tokio::test]
async fn a_cache_that_is_exactly_full_evicts_nothing() {
    let entry = 1_000 + ENTRY;
    for (limit, is_evicted) in [(3 * entry, false), (3 * entry - 1, true)] {
        let cache: Cache<u32, u32> = Cache::new(limit, Arc::default());
        cache.begin_epoch(&epoch("one"));
        for key in 1..=3 {
            let read = || async { Ok(snapshot(key, "one")) };
            load(&cache, &key, read).await.unwrap();
        }
        assert_eq!(cache.counters.evictions() > 0, is_evicted);
    }
}

#[tokio::test]
async fn a_cache_counts_hits_loads_and_evictions() {
    let cache = cache();
    let read = || async { Ok(snapshot(7, "one")) };
    for _ in 0..3 {
        load(&cache, &1, read).await.unwrap();
    }
    assert_eq!(cache.get(&lease(), &2), None);
    let counters = &cache.counters;
    assert_eq!(counters.evictions(), 0);
    let entry = counters.bytes();
    assert_eq!(entry, 1_000 + ENTRY);
    for key in 2..200 {
        load(&cache, &key, read).await.unwrap();
    }
    assert_eq!((counters.hits(), counters.loads()), (2, 199));
    let left = u64::try_from(counters.bytes() / entry).unwrap();
    assert_eq!(counters.evictions(), 199 - left);
}

/// A value whose size grows.
struct Growing(AtomicUsize);

impl Cached for Growing {
    type Change = ();

    fn size(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn changed(_: &Arc<Self>, _: &[()]) -> Option<Arc<Self>> {
        None
    }
}

#[tokio::test]
async fn the_cache_counts_the_growth_of_a_value_that_it_holds() {
    let cache: Cache<u32, Growing> = Cache::new(LIMIT, Arc::default());
    cache.begin_epoch(&epoch("one"));
    let value = Arc::new(Growing(AtomicUsize::new(1)));
    let read = || async {
        let Snapshot { position, .. } = snapshot(0, "one");
        let value = value.clone();
        Ok(Snapshot { position, value })
    };
    load(&cache, &1, read).await.unwrap();
    let before = cache.counters.bytes();
    assert_eq!(before, 1 + ENTRY);
    value.0.store(101, Ordering::Relaxed);
    let other = Arc::new(Growing(AtomicUsize::new(7)));
    cache.update_size(&1, &other);
    assert_eq!(cache.counters.bytes(), before);
    cache.update_size(&1, &value);
    assert_eq!(cache.counters.bytes(), before + 100);
    // A hit does not save it.
    assert!(cache.get(&lease(), &1).is_some());
    value.0.store(LIMIT, Ordering::Relaxed);
    cache.update_size(&1, &value);
    assert_eq!(cache.counters.bytes(), 0, "it is larger than the bound");
    cache.update_size(&1, &value);
    assert_eq!(cache.counters.bytes(), 0);
}

#[test]
fn the_size_of_a_key_includes_its_policies() {
    let (all, few) = (audience(1), restricted(1, &["a", "b"]));
    let policy = few.policies().project.as_ref().unwrap();
    assert_eq!(few.size(), all.size() + policy.size());
    assert_eq!(KeyDigest::of_unchecked(b"a").size(), 0);
}
