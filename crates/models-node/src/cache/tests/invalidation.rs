use std::cell::Cell;
use std::sync::Arc;

use models_core::{RepositoryError, Snapshot};
use tokio::sync::Notify;

use super::scene::{cache, epoch, lease, load, snapshot};
use crate::cache::Cache;
use crate::cache::invalidation::MOST_CHANGES;

/// The load reads the database before the event, and its result arrives after the event.
#[tokio::test]
async fn an_event_invalidates_a_load_in_flight() {
    for invalidate in [
        (|cache| cache.change(&1, None)) as fn(&Cache<u32, u32>),
        |cache| cache.remove_where(|_, _| false),
        |cache| cache.begin_epoch(&epoch("one")),
    ] {
        let (cache, gate, stored) = (cache(), Notify::new(), Cell::new(1));
        let read = || async {
            let value = stored.get();
            gate.notified().await;
            Ok(snapshot(value, "one"))
        };
        let change = async {
            stored.set(2);
            invalidate(&cache);
            gate.notify_one();
            tokio::task::yield_now().await;
            gate.notify_one();
        };
        let (loaded, ()) = tokio::join!(load(&cache, &1, read), change);
        assert_eq!(*loaded.unwrap(), 2);
        assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&2));
    }
}

#[tokio::test]
async fn an_event_changes_an_entry_with_hits_and_drops_one_without() {
    let cache = cache();
    let read = || async { Ok(snapshot(7, "one")) };
    load(&cache, &1, read).await.unwrap();
    assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&7));
    cache.change(&1, Some(1));
    assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&8));
    cache.change(&1, Some(1));
    cache.change(&1, Some(1));
    assert_eq!(
        cache.get(&lease(), &1),
        None,
        "no hit between the second change and the third"
    );
    load(&cache, &1, read).await.unwrap();
    assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&7));
    cache.change(&1, None);
    assert_eq!(cache.get(&lease(), &1), None);
    cache.change(&1, Some(1));
    assert_eq!(cache.get(&lease(), &1), None);
}

#[tokio::test]
async fn changes_during_a_load_apply_to_its_result() {
    let (cache, gate, reads) = (cache(), Notify::new(), Cell::new(0));
    let read = || async {
        reads.set(reads.get() + 1);
        gate.notified().await;
        Ok(snapshot(7, "one"))
    };
    let requests = || futures_util::future::join_all((0..5).map(|_| load(&cache, &1, read)));
    let change = async {
        for _ in 0..3 {
            cache.change(&1, Some(1));
            tokio::task::yield_now().await;
        }
        gate.notify_one();
    };
    let (before, (), after) = tokio::join!(requests(), change, async {
        tokio::task::yield_now().await;
        requests().await
    });
    for loaded in before.into_iter().chain(after) {
        assert_eq!(*loaded.unwrap(), 10);
    }
    assert_eq!(
        (reads.get(), cache.get(&lease(), &1).as_deref()),
        (1, Some(&10))
    );
}

#[tokio::test]
async fn too_many_changes_invalidate_a_load_that_does_not_end() {
    let cache = cache();
    let read = std::future::pending::<Result<Snapshot<Arc<u32>>, RepositoryError>>;
    let mut request = std::pin::pin!(load(&cache, &1, read));
    assert!(futures_util::poll!(&mut request).is_pending());
    let waiting = || {
        let loads = cache.shard(&1).lock();
        loads.get(&1).map(|load| load.changes().len())
    };
    for number in 1..=MOST_CHANGES {
        cache.change(&1, Some(1));
        assert_eq!(waiting(), Some(number));
    }
    cache.change(&1, Some(1));
    assert_eq!(waiting(), None);
    let read = || async { Ok(snapshot(7, "one")) };
    assert_eq!(*load(&cache, &1, read).await.unwrap(), 7);
}

#[tokio::test]
async fn keys_are_found_once_in_entries_and_in_loads_in_flight() {
    let (cache, gate) = (cache(), Notify::new());
    let read = || async { Ok(snapshot(7, "one")) };
    for key in [1, 2, 3] {
        load(&cache, &key, read).await.unwrap();
    }
    let waiting = || async {
        gate.notified().await;
        Ok(snapshot(8, "one"))
    };
    let mut in_flight = Box::pin(load(&cache, &4, waiting));
    assert!(futures_util::poll!(&mut in_flight).is_pending());
    let found = |is_meant: fn(&u32) -> bool| {
        let mut keys = cache.keys_where(is_meant);
        keys.sort_unstable();
        keys
    };
    assert_eq!(found(|_| true), [1, 2, 3, 4]);
    assert_eq!(found(|key| key % 2 == 0), [2, 4]);
    // To look for keys invalidates nothing.
    gate.notify_one();
    assert_eq!(*in_flight.await.unwrap(), 8);
    assert_eq!(cache.get(&lease(), &4).as_deref(), Some(&8));
    assert_eq!(found(|_| true), [1, 2, 3, 4]);
}
