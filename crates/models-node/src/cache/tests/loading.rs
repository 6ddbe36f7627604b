use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use models_core::{RepositoryError, Snapshot};
use tokio::sync::Notify;

use super::scene::{cache, lease, load, snapshot};

#[tokio::test]
async fn many_who_ask_at_once_are_answered_by_one_reading() {
    let (cache, readings) = (cache(), Cell::new(0));
    let read = || async {
        readings.set(readings.get() + 1);
        tokio::task::yield_now().await;
        Ok(snapshot(7, "one"))
    };
    let asked = (0..50).map(|_| load(&cache, &1, read));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(*answer.unwrap(), 7);
    }
    assert_eq!(
        (readings.get(), cache.get(&lease(), &1).as_deref()),
        (1, Some(&7))
    );
}

#[tokio::test]
async fn what_was_read_in_another_epoch_is_neither_kept_nor_shown() {
    let cache = cache();
    let read = || async { Ok(snapshot(1, "zero")) };
    assert!(matches!(
        load(&cache, &1, read).await,
        Err(RepositoryError::Unavailable(_))
    ));
    assert_eq!(cache.get(&lease(), &1), None);
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_wait_and_not_kept() {
    let (cache, readings) = (cache(), Cell::new(0));
    let read = || async {
        readings.set(readings.get() + 1);
        tokio::task::yield_now().await;
        Err(RepositoryError::Unavailable("gone".into()))
    };
    let asked = (0..10).map(|_| load(&cache, &1, read));
    for answer in futures_util::future::join_all(asked).await {
        assert!(matches!(answer, Err(RepositoryError::Unavailable(_))));
    }
    assert_eq!(readings.get(), 1);
    let read = || async { Ok(snapshot(7, "one")) };
    assert_eq!(*load(&cache, &1, read).await.unwrap(), 7);
}

#[tokio::test]
async fn a_failure_is_not_told_to_those_who_come_after_it() {
    let (cache, held) = (cache(), Notify::new());
    let read = || async {
        held.notified().await;
        Err(RepositoryError::Unavailable("gone".into()))
    };
    let mut first = std::pin::pin!(load(&cache, &1, read));
    let mut second = std::pin::pin!(load(&cache, &1, read));
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(futures_util::poll!(&mut second).is_pending());
    held.notify_one();
    assert!(first.await.is_err());
    // The second one has not heard of it yet.
    let read = || async { Ok(snapshot(7, "one")) };
    assert_eq!(*load(&cache, &1, read).await.unwrap(), 7);
    assert!(second.await.is_err());
}

/// Clients that disconnect while their keys are looked up.
#[tokio::test]
async fn a_load_that_nobody_waits_for_any_more_leaves_nothing_behind() {
    let cache = cache();
    let read = std::future::pending::<Result<Snapshot<Arc<u32>>, RepositoryError>>;
    let places = || {
        let shards = cache.shards.iter();
        shards.map(|shard| shard.lock().len()).sum::<usize>()
    };
    for key in 0..1_000 {
        let asked = load(&cache, &key, read);
        assert!(futures_util::FutureExt::now_or_never(asked).is_none());
    }
    assert_eq!(places(), 0);
    {
        let mut first = std::pin::pin!(load(&cache, &1, read));
        assert!(futures_util::poll!(&mut first).is_pending());
        let second = load(&cache, &1, read);
        assert!(futures_util::FutureExt::now_or_never(second).is_none());
        assert_eq!(places(), 1, "the first still waits");
    }
    assert_eq!(places(), 0);
}

/// One whose reading takes for ever, and one that is changed, evicted and read again, beside one whose place is
/// in the same map.
#[tokio::test]
async fn one_that_is_read_or_dropped_holds_up_no_other() {
    let cache = cache();
    let shard = |key: &u32| std::ptr::from_ref(cache.shard(key));
    let mut beside = (2..).filter(|key| shard(key) == shard(&1));
    let (slow, other) = (beside.next().unwrap(), beside.next().unwrap());
    let read = || async { Ok(snapshot(7, "one")) };
    load(&cache, &1, read).await.unwrap();
    let pending = std::future::pending::<Result<Snapshot<Arc<u32>>, RepositoryError>>;
    let mut waiting = std::pin::pin!(load(&cache, &slow, pending));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    for _ in 0..3 {
        cache.change(&slow, Some(1));
        // At the first poll, without a wait.
        let answer = futures_util::FutureExt::now_or_never(load(&cache, &other, read));
        assert_eq!(*answer.unwrap().unwrap(), 7);
        assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&7));
        cache.change(&other, None);
        assert_eq!(cache.get(&lease(), &other), None);
        assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&7));
        assert!(futures_util::poll!(&mut waiting).is_pending());
    }
}

#[test]
fn keys_are_spread_over_the_shards() {
    let cache = cache();
    let shards: HashSet<_> = (0..10_000)
        .map(|key| std::ptr::from_ref(cache.shard(&key)))
        .collect();
    assert_eq!(shards.len(), cache.shards.len());
}
