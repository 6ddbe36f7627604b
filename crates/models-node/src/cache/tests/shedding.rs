use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use models_core::Snapshot;

use super::scene::{ENTRY, LIMIT, epoch, lease, load, snapshot};
use crate::cache::{Cache, Cached};

/// A value of 1,000 bytes, and spare memory of this many bytes.
struct Sparing(AtomicUsize);

impl Cached for Sparing {
    type Change = ();

    fn size(&self) -> usize {
        1_000 + self.spare()
    }

    fn spare(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn shed(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn changed(_: &Arc<Self>, _: &[()]) -> Option<Arc<Self>> {
        None
    }
}

/// A cache of values with spare memory.
struct SparingCache(Cache<u32, Sparing>);

impl SparingCache {
    fn new() -> Self {
        let cache = Cache::new(LIMIT, Arc::default());
        cache.begin_epoch(&epoch("one"));
        Self(cache)
    }

    async fn load(&self, key: u32, spare: usize) -> Arc<Sparing> {
        let read = || async {
            let Snapshot { position, .. } = snapshot(0, "one");
            let value = Arc::new(Sparing(AtomicUsize::new(spare)));
            Ok(Snapshot { position, value })
        };
        load(&self.0, &key, read).await.unwrap()
    }

    fn is_hit(&self, key: u32) -> bool {
        self.0.get(&lease(), &key).is_some()
    }

    fn grow(&self, key: u32, value: &Arc<Sparing>, spare: usize) {
        value.0.store(spare, Ordering::Relaxed);
        self.0.update_size(&key, value);
    }
}

#[tokio::test]
async fn an_entry_with_hits_keeps_its_spare_memory_while_others_are_evicted() {
    let cache = SparingCache::new();
    let used = cache.load(0, 10_000).await;
    for key in 1..1_000 {
        assert!(cache.is_hit(0));
        cache.load(key, 0).await;
        assert!(cache.0.counters.bytes() <= LIMIT);
    }
    assert_eq!(used.spare(), 10_000);
    assert!(cache.0.counters.evictions() > 900);
}

#[tokio::test]
async fn entries_with_hits_shed_last_and_before_the_cache_evicts_them() {
    let cache = SparingCache::new();
    let counters = &cache.0.counters;
    let (used, unused) = (cache.load(0, 1_000).await, cache.load(1, 10_000).await);
    assert!(cache.is_hit(0));
    let mut count = 2;
    while counters.bytes() + 1_000 + ENTRY <= LIMIT {
        cache.load(count, 0).await;
        assert!(cache.is_hit(count));
        count += 1;
    }
    cache.grow(0, &used, 5_000);
    assert_eq!((used.spare(), unused.spare()), (5_000, 0));
    assert_eq!(counters.evictions(), 0);
    assert!(cache.is_hit(0) && (2..count).all(|key| cache.is_hit(key)));
    cache.grow(0, &used, 50_000);
    assert_eq!((used.spare(), counters.evictions()), (0, 1));
    let left = usize::try_from(count - 1).unwrap();
    assert_eq!(counters.bytes(), left * (1_000 + ENTRY));
    assert!(!cache.is_hit(1));
    cache.0.invalidate();
    let spare = cache.0.spare.load(Ordering::Relaxed);
    assert_eq!((counters.bytes(), spare), (0, 0));
}
