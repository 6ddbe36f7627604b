use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use models_core::{Epoch, Position, RepositoryError, Revision, Snapshot};
use tokio::sync::Notify;

use super::invalidation::MOST_CHANGES;
use super::{Cache, Cached};
use crate::lease::clock::Clock;
use crate::lease::{HeldLease, Lease};

impl Cached for u32 {
    /// What is added; none where nobody knows.
    type Change = Option<u32>;

    fn weight(&self) -> usize {
        1_000
    }

    fn changed(value: &Arc<u32>, changes: &[Option<u32>]) -> Option<Arc<u32>> {
        let added: Option<u32> = changes.iter().copied().sum();
        Some(Arc::new(**value + added?))
    }
}

const LIMIT: usize = 100_000;

/// What an entry costs beside its value: 16 places of a key, a value with its weights and a byte for each 7 entries, two counters,
/// and an allocation.
const ENTRY: usize = (40 + 1) * 16 / 7 + 16 + 16;

/// A lease that runs, and goes on running.
fn hold() -> Result<HeldLease, RepositoryError> {
    let clock = Clock::default();
    let lease = Lease::new(clock.clone());
    lease.extend(clock.now() + Duration::from_mins(1));
    let held = lease.hold_at(clock.now());
    held.ok_or_else(|| RepositoryError::Unavailable("no lease".into()))
}

fn lease() -> HeldLease {
    hold().unwrap()
}

/// The value, loaded if it is not there.
async fn load<V: Cached, R>(
    cache: &Cache<u32, V>,
    key: &u32,
    read: impl Fn() -> R,
) -> Result<Arc<V>, RepositoryError>
where
    R: Future<Output = Result<Snapshot<Arc<V>>, RepositoryError>>,
{
    let loaded = cache.get_or_read(key, hold, read).await;
    loaded.map(|(_, value)| value)
}

fn epoch(name: &str) -> Epoch {
    Epoch(name.to_owned())
}

fn cache() -> Cache<u32, u32> {
    let cache = Cache::new(LIMIT, Arc::default());
    cache.forget(&epoch("one"));
    cache
}

fn snapshot(value: u32, epoch_name: &str) -> Snapshot<Arc<u32>> {
    Snapshot {
        position: Position {
            epoch: epoch(epoch_name),
            revision: Revision(1),
        },
        value: Arc::new(value),
    }
}

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

/// The race that caches forget: read before the event, stored after it.
#[tokio::test]
async fn what_was_read_before_an_event_is_not_kept_after_it() {
    for drop_it in [
        (|cache| cache.change(&1, None)) as fn(&Cache<u32, u32>),
        |cache| cache.remove_where(|_, _| false),
        |cache| cache.forget(&epoch("one")),
    ] {
        let (cache, held, truth) = (cache(), Notify::new(), Cell::new(1));
        let read = || async {
            let value = truth.get();
            held.notified().await;
            Ok(snapshot(value, "one"))
        };
        let change = async {
            truth.set(2);
            drop_it(&cache);
            held.notify_one();
            tokio::task::yield_now().await;
            held.notify_one();
        };
        let (answer, ()) = tokio::join!(load(&cache, &1, read), change);
        assert_eq!(*answer.unwrap(), 2);
        assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&2));
    }
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

#[test]
fn keys_are_spread_over_the_shards() {
    let cache = cache();
    let shards: HashSet<_> = (0..10_000)
        .map(|key| std::ptr::from_ref(cache.shard(&key)))
        .collect();
    assert_eq!(shards.len(), cache.shards.len());
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_what_is_asked_for_stays_longer() {
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

/// A value that takes more memory than at first.
struct Growing(AtomicUsize);

impl Cached for Growing {
    const KEY: usize = 64;

    type Change = ();

    fn weight(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    fn changed(_: &Arc<Self>, _: &[()]) -> Option<Arc<Self>> {
        None
    }
}

#[tokio::test]
async fn a_value_that_has_grown_is_weighed_anew_if_it_is_still_there() {
    let cache: Cache<u32, Growing> = Cache::new(LIMIT, Arc::default());
    cache.forget(&epoch("one"));
    let value = Arc::new(Growing(AtomicUsize::new(1)));
    let read = || async {
        let Snapshot { position, .. } = snapshot(0, "one");
        let value = value.clone();
        Ok(Snapshot { position, value })
    };
    load(&cache, &1, read).await.unwrap();
    let before = cache.counters.bytes();
    assert_eq!(before, 1 + ENTRY + 64);
    value.0.store(101, Ordering::Relaxed);
    let other = Arc::new(Growing(AtomicUsize::new(7)));
    cache.weigh(&1, &other);
    assert_eq!(cache.counters.bytes(), before);
    cache.weigh(&1, &value);
    assert_eq!(cache.counters.bytes(), before + 100);
    // Also a value that was asked for lately.
    assert!(cache.get(&lease(), &1).is_some());
    value.0.store(LIMIT, Ordering::Relaxed);
    cache.weigh(&1, &value);
    assert_eq!(cache.counters.bytes(), 0, "too large to be kept");
    cache.weigh(&1, &value);
    assert_eq!(cache.counters.bytes(), 0);
}

/// A value of 1,000 bytes that can spare more.
struct Sparing(AtomicUsize);

impl Cached for Sparing {
    type Change = ();

    fn weight(&self) -> usize {
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

/// A cache with entries that can spare memory.
struct SparingCache(Cache<u32, Sparing>);

impl SparingCache {
    fn new() -> Self {
        let cache = Cache::new(LIMIT, Arc::default());
        cache.forget(&epoch("one"));
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

    fn is_used_now(&self, key: u32) -> bool {
        self.0.get(&lease(), &key).is_some()
    }

    fn grow(&self, key: u32, value: &Arc<Sparing>, spare: usize) {
        value.0.store(spare, Ordering::Relaxed);
        self.0.weigh(&key, value);
    }
}

#[tokio::test]
async fn an_entry_in_use_keeps_what_it_can_spare_while_unused_ones_are_evicted() {
    let cache = SparingCache::new();
    let used = cache.load(0, 10_000).await;
    for key in 1..1_000 {
        assert!(cache.is_used_now(0));
        cache.load(key, 0).await;
        assert!(cache.0.counters.bytes() <= LIMIT);
    }
    assert_eq!(used.spare(), 10_000);
    assert!(cache.0.counters.evictions() > 900);
}

#[tokio::test]
async fn entries_in_use_are_freed_last_and_spare_memory_before_they_are_evicted() {
    let cache = SparingCache::new();
    let counters = &cache.0.counters;
    let (used, unused) = (cache.load(0, 1_000).await, cache.load(1, 10_000).await);
    assert!(cache.is_used_now(0));
    let mut count = 2;
    while counters.bytes() + 1_000 + ENTRY <= LIMIT {
        cache.load(count, 0).await;
        assert!(cache.is_used_now(count));
        count += 1;
    }
    cache.grow(0, &used, 5_000);
    assert_eq!((used.spare(), unused.spare()), (5_000, 0));
    assert_eq!(counters.evictions(), 0);
    assert!(cache.is_used_now(0) && (2..count).all(|key| cache.is_used_now(key)));
    cache.grow(0, &used, 50_000);
    assert_eq!((used.spare(), counters.evictions()), (0, 1));
    let left = usize::try_from(count - 1).unwrap();
    assert_eq!(counters.bytes(), left * (1_000 + ENTRY));
    assert!(!cache.is_used_now(1));
    cache.0.invalidate();
    let spare = cache.0.spare.load(Ordering::Relaxed);
    assert_eq!((counters.bytes(), spare), (0, 0));
}

#[tokio::test]
async fn what_is_asked_for_is_changed_and_what_is_not_is_dropped() {
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
        "nobody has asked for the second change"
    );
    load(&cache, &1, read).await.unwrap();
    assert_eq!(cache.get(&lease(), &1).as_deref(), Some(&7));
    cache.change(&1, None);
    assert_eq!(cache.get(&lease(), &1), None);
    cache.change(&1, Some(1));
    assert_eq!(cache.get(&lease(), &1), None);
}

/// The same race, where what has changed can be told: nothing is read anew, for all who wait.
#[tokio::test]
async fn what_changes_while_it_is_read_is_changed_when_it_is_there() {
    let (cache, held, readings) = (cache(), Notify::new(), Cell::new(0));
    let read = || async {
        readings.set(readings.get() + 1);
        held.notified().await;
        Ok(snapshot(7, "one"))
    };
    let asked = || futures_util::future::join_all((0..5).map(|_| load(&cache, &1, read)));
    let change = async {
        for _ in 0..3 {
            cache.change(&1, Some(1));
            tokio::task::yield_now().await;
        }
        held.notify_one();
    };
    let (before, (), after) = tokio::join!(asked(), change, async {
        tokio::task::yield_now().await;
        asked().await
    });
    for answer in before.into_iter().chain(after) {
        assert_eq!(*answer.unwrap(), 10);
    }
    assert_eq!(
        (readings.get(), cache.get(&lease(), &1).as_deref()),
        (1, Some(&10))
    );
}

/// A reading that takes for ever.
#[tokio::test]
async fn changes_do_not_wait_for_ever() {
    let cache = cache();
    let read = std::future::pending::<Result<Snapshot<Arc<u32>>, RepositoryError>>;
    let mut asked = std::pin::pin!(load(&cache, &1, read));
    assert!(futures_util::poll!(&mut asked).is_pending());
    let waiting = || {
        let fills = cache.shard(&1).lock();
        fills.get(&1).map(|fill| fill.changes().len())
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

/// Something that happens while a value is changed.
#[derive(Clone)]
struct Meanwhile(Arc<dyn Fn() + Send + Sync>);

struct Slow(usize);

impl Cached for Slow {
    type Change = Meanwhile;

    fn weight(&self) -> usize {
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
    cache.forget(&epoch("one"));
    Arc::new(cache)
}

fn slow_snapshot(value: usize) -> Snapshot<Arc<Slow>> {
    let Snapshot { position, .. } = snapshot(0, "one");
    Snapshot {
        position,
        value: Arc::new(Slow(value)),
    }
}

fn read_at_once(cache: &Cache<u32, Slow>, value: usize) {
    let read = || async { Ok(slow_snapshot(value)) };
    let answer = futures_util::FutureExt::now_or_never(load(cache, &1, read));
    assert_eq!(answer.unwrap().unwrap().0, value);
}

/// Read before the event, kept while the one before it is changed: it is not known whether the event is in it.
#[test]
fn what_takes_the_place_of_a_value_that_is_changed_is_dropped() {
    let cache = slow();
    read_at_once(&cache, 7);
    assert!(cache.get(&lease(), &1).is_some());
    let same = cache.clone();
    let other = move || {
        same.remove(&1);
        read_at_once(&same, 20);
    };
    cache.change(&1, Meanwhile(Arc::new(other)));
    assert!(cache.get(&lease(), &1).is_none());
}

#[tokio::test]
async fn a_change_that_takes_long_keeps_nobody_from_filling_a_place() {
    let cache = slow();
    let times = Arc::new(AtomicUsize::new(0));
    let (same, counted) = (cache.clone(), times.clone());
    let change = Meanwhile(Arc::new(move || {
        assert!(same.shard(&1).fills.try_lock().is_ok());
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    read_at_once(&cache, 7);
    assert!(cache.get(&lease(), &1).is_some());
    cache.change(&1, change.clone());
    assert_eq!(cache.get(&lease(), &1).unwrap().0, 8);
    assert_eq!(times.load(Ordering::Relaxed), 1);

    cache.remove(&1);
    let held = Notify::new();
    let read = || async {
        held.notified().await;
        Ok(slow_snapshot(7))
    };
    let (answer, ()) = tokio::join!(load(&cache, &1, read), async {
        cache.change(&1, change.clone());
        held.notify_one();
    });
    assert_eq!((answer.unwrap().0, times.load(Ordering::Relaxed)), (8, 2));
}

#[tokio::test]
async fn what_changes_while_a_change_is_made_is_not_lost() {
    let (cache, held, is_first) = (slow(), Notify::new(), AtomicBool::new(true));
    let same = cache.clone();
    let change = Meanwhile(Arc::new(move || {
        if is_first.swap(false, Ordering::Relaxed) {
            same.change(&1, Meanwhile(Arc::new(|| {})));
        }
    }));
    let read = || async {
        held.notified().await;
        Ok(slow_snapshot(7))
    };
    let (answer, ()) = tokio::join!(load(&cache, &1, read), async {
        cache.change(&1, change);
        held.notify_one();
    });
    assert_eq!(answer.unwrap().0, 9);
    assert_eq!(cache.get(&lease(), &1).unwrap().0, 9);
}
