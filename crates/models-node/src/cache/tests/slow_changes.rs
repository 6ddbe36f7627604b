use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use models_core::Snapshot;
use tokio::sync::Notify;

use super::scene::{LIMIT, epoch, lease, load, snapshot};
use crate::cache::{Cache, Cached};

/// A change that runs some work while the cache applies it.
#[derive(Clone)]
struct Meanwhile(Arc<dyn Fn() + Send + Sync>);

struct Slow(usize);

impl Cached for Slow {
    type Change = Meanwhile;

    fn size(&self) -> usize {
        1_000
    }

    fn changed(value: &Arc<Self>, changes: &[Meanwhile]) -> Option<Arc<Self>> {
        for Meanwhile(happens) in changes {
            happens();
        }
        Some(Arc::new(Self(value.0 + changes.len())))
    }
}

fn slow() -> Arc<Cache<u32, Slow>> {
    let cache = Cache::new(LIMIT, Arc::default());
    cache.begin_epoch(&epoch("one"));
    Arc::new(cache)
}

fn slow_snapshot(value: usize) -> Snapshot<Arc<Slow>> {
    let Snapshot { position, .. } = snapshot(0, "one");
    Snapshot {
        position,
        value: Arc::new(Slow(value)),
    }
}

fn load_at_once(cache: &Cache<u32, Slow>, value: usize) {
    let read = || async { Ok(slow_snapshot(value)) };
    let loaded = futures_util::FutureExt::now_or_never(load(cache, &1, read));
    assert_eq!(loaded.unwrap().unwrap().0, value);
}

/// The other load may have read the database before the event.
#[test]
fn a_value_that_a_load_replaces_during_a_change_is_dropped() {
    let cache = slow();
    load_at_once(&cache, 7);
    assert!(cache.get(&lease(), &1).is_some());
    let same = cache.clone();
    let other = move || {
        same.remove(&1);
        load_at_once(&same, 20);
    };
    cache.change(&1, Meanwhile(Arc::new(other)));
    assert!(cache.get(&lease(), &1).is_none());
}

#[tokio::test]
async fn a_slow_change_does_not_hold_the_lock() {
    let cache = slow();
    let times = Arc::new(AtomicUsize::new(0));
    let (same, counted) = (cache.clone(), times.clone());
    let change = Meanwhile(Arc::new(move || {
        assert!(same.shard(&1).loads.try_lock().is_ok());
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    load_at_once(&cache, 7);
    assert!(cache.get(&lease(), &1).is_some());
    cache.change(&1, change.clone());
    assert_eq!(cache.get(&lease(), &1).unwrap().0, 8);
    assert_eq!(times.load(Ordering::Relaxed), 1);

    cache.remove(&1);
    let gate = Notify::new();
    let read = || async {
        gate.notified().await;
        Ok(slow_snapshot(7))
    };
    let (loaded, ()) = tokio::join!(load(&cache, &1, read), async {
        cache.change(&1, change.clone());
        gate.notify_one();
    });
    assert_eq!((loaded.unwrap().0, times.load(Ordering::Relaxed)), (8, 2));
}

#[tokio::test]
async fn a_change_during_another_change_is_not_lost() {
    let (cache, gate, is_first) = (slow(), Notify::new(), AtomicBool::new(true));
    let same = cache.clone();
    let change = Meanwhile(Arc::new(move || {
        if is_first.swap(false, Ordering::Relaxed) {
            same.change(&1, Meanwhile(Arc::new(|| {})));
        }
    }));
    let read = || async {
        gate.notified().await;
        Ok(slow_snapshot(7))
    };
    let (loaded, ()) = tokio::join!(load(&cache, &1, read), async {
        cache.change(&1, change);
        gate.notify_one();
    });
    assert_eq!(loaded.unwrap().0, 9);
    assert_eq!(cache.get(&lease(), &1).unwrap().0, 9);
}
