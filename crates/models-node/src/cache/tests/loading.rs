use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

use models_core::{KeyDigest, RepositoryError, Snapshot};
use tokio::sync::Notify;

use super::scene::{LIMIT, cache, lease, load, snapshot};
use crate::cache::Cache;
use crate::cache::cached::CacheKey;
use crate::fake::models::audience;

#[tokio::test]
async fn simultaneous_misses_of_a_key_share_one_load() {
    let (cache, reads) = (cache(), Cell::new(0));
    let read = || async {
        reads.set(reads.get() + 1);
        tokio::task::yield_now().await;
        Ok(snapshot(7, "one"))
    };
    let requests = (0..50).map(|_| load(&cache, &1, read));
    for loaded in futures_util::future::join_all(requests).await {
        assert_eq!(*loaded.unwrap(), 7);
    }
    assert_eq!(
        (reads.get(), cache.get(&lease(), &1).as_deref()),
        (1, Some(&7))
    );
}

#[tokio::test]
async fn a_value_of_another_epoch_is_neither_inserted_nor_returned() {
    let cache = cache();
    let read = || async { Ok(snapshot(1, "zero")) };
    assert!(matches!(
        load(&cache, &1, read).await,
        Err(RepositoryError::Unavailable(_))
    ));
    assert_eq!(cache.get(&lease(), &1), None);
}

#[tokio::test]
async fn a_failed_load_fails_all_requests_that_wait_for_it_and_no_later_one() {
    let (cache, reads) = (cache(), Cell::new(0));
    let read = || async {
        reads.set(reads.get() + 1);
        tokio::task::yield_now().await;
        Err(RepositoryError::Unavailable("gone".into()))
    };
    let requests = (0..10).map(|_| load(&cache, &1, read));
    for loaded in futures_util::future::join_all(requests).await {
        assert!(matches!(loaded, Err(RepositoryError::Unavailable(_))));
    }
    assert_eq!(reads.get(), 1);
    let read = || async { Ok(snapshot(7, "one")) };
    assert_eq!(*load(&cache, &1, read).await.unwrap(), 7);
}

#[tokio::test]
async fn a_request_after_a_failed_load_begins_another_load() {
    let (cache, gate) = (cache(), Notify::new());
    let read = || async {
        gate.notified().await;
        Err(RepositoryError::Unavailable("gone".into()))
    };
    let mut first = std::pin::pin!(load(&cache, &1, read));
    let mut second = std::pin::pin!(load(&cache, &1, read));
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(futures_util::poll!(&mut second).is_pending());
    gate.notify_one();
    assert!(first.await.is_err());
    // The second request still waits for the failed load.
    let read = || async { Ok(snapshot(7, "one")) };
    assert_eq!(*load(&cache, &1, read).await.unwrap(), 7);
    assert!(second.await.is_err());
}

#[tokio::test]
async fn the_last_request_that_stops_waiting_removes_the_load() {
    let cache = cache();
    let read = std::future::pending::<Result<Snapshot<Arc<u32>>, RepositoryError>>;
    let loads = || {
        let shards = cache.shards.iter();
        shards.map(|shard| shard.lock().len()).sum::<usize>()
    };
    for key in 0..1_000 {
        let request = load(&cache, &key, read);
        assert!(futures_util::FutureExt::now_or_never(request).is_none());
    }
    assert_eq!(loads(), 0);
    {
        let mut first = std::pin::pin!(load(&cache, &1, read));
        assert!(futures_util::poll!(&mut first).is_pending());
        let second = load(&cache, &1, read);
        assert!(futures_util::FutureExt::now_or_never(second).is_none());
        assert_eq!(loads(), 1, "the first request still waits");
    }
    assert_eq!(loads(), 0);
}

/// All three keys are in the same shard.
#[tokio::test]
async fn a_load_or_an_invalidation_of_a_key_does_not_delay_other_keys() {
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
        // The first poll returns the value.
        let loaded = futures_util::FutureExt::now_or_never(load(&cache, &other, read));
        assert_eq!(*loaded.unwrap().unwrap(), 7);
        assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&7));
        cache.change(&other, None);
        assert_eq!(cache.get(&lease(), &other), None);
        assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&7));
        assert!(futures_util::poll!(&mut waiting).is_pending());
    }
}

#[test]
fn digests_and_audiences_are_spread_over_the_shards() {
    let numbers = 0..10_000_u32;
    let digest = |number: u32| KeyDigest::of_unchecked(&number.to_be_bytes());
    assert_spread(&numbers.clone().map(digest).collect::<Vec<_>>());
    let audiences = numbers.map(|number| audience(number.into()));
    assert_spread(&audiences.collect::<Vec<_>>());
}

/// Each shard gets a key. The hasher is random, so this holds for all hashers.
fn assert_spread<K: CacheKey>(keys: &[K]) {
    for _ in 0..5 {
        let cache = Cache::<K, u32>::new(LIMIT, Arc::default());
        let shards = keys.iter().map(|key| std::ptr::from_ref(cache.shard(key)));
        assert_eq!(shards.collect::<HashSet<_>>().len(), cache.shards.len());
    }
}
