use std::cell::Cell;
use std::sync::Arc;

use models_core::{RepositoryError, Snapshot};
use tokio::sync::Notify;

use super::scene::{cache, epoch, lease, load, snapshot};
use crate::cache::Cache;
use crate::cache::invalidation::MOST_CHANGES;

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
