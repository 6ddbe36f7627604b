//! Reads that many barriers share. At most one statement is in flight, and its result serves all barriers that wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// One kind of read.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    /// The number of reads that have begun.
    begun: AtomicU64,
    /// The newest read that has ended. A barrier holds the lock while it reads.
    newest: Mutex<Option<Arc<Reading<T>>>>,
}

/// The result of a read.
#[derive(Debug)]
pub(super) struct Reading<T> {
    number: u64,
    began: Instant,
    pub(super) found: T,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self {
            begun: AtomicU64::new(0),
            newest: Mutex::default(),
        }
    }
}

impl<T> Shared<T> {
    /// The result of a read that began after this call and that serves the caller. Another caller may have begun it; else this
    /// calls `read`.
    pub(super) async fn first<R: Future<Output = T>>(
        &self,
        serves: impl Fn(&T) -> bool,
        read: impl FnOnce() -> R,
    ) -> Arc<Reading<T>> {
        let before = self.begun.load(Ordering::SeqCst);
        self.newer(before, Duration::MAX, serves, read).await
    }

    /// The result of a read that began after `last`, and at most `age` before this call. A caller waits for at most two reads,
    /// however many callers there are and however long a read takes.
    pub(super) async fn next<R: Future<Output = T>>(
        &self,
        last: &Reading<T>,
        age: Duration,
        serves: impl Fn(&T) -> bool,
        read: impl FnOnce() -> R,
    ) -> Arc<Reading<T>> {
        self.newer(last.number, age, serves, read).await
    }

    async fn newer<R: Future<Output = T>>(
        &self,
        number: u64,
        age: Duration,
        serves: impl Fn(&T) -> bool,
        read: impl FnOnce() -> R,
    ) -> Arc<Reading<T>> {
        let called = Instant::now();
        let mut newest = self.newest.lock().await;
        let is_good = |reading: &&Arc<Reading<T>>| {
            let is_new = reading.number > number;
            is_new && called.duration_since(reading.began) <= age && serves(&reading.found)
        };
        if let Some(reading) = newest.as_ref().filter(is_good) {
            return reading.clone();
        }
        let reading = Arc::new(Reading {
            number: self.begun.fetch_add(1, Ordering::SeqCst) + 1,
            began: Instant::now(),
            found: read().await,
        });
        *newest = Some(reading.clone());
        reading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn callers_from_before_a_read_began_share_it() {
        let shared = Arc::new(Shared::default());
        let reads = Arc::new(AtomicU64::new(0));
        let get = || {
            let (shared, reads) = (shared.clone(), reads.clone());
            tokio::spawn(async move {
                let read = async || {
                    tokio::time::sleep(SECOND).await;
                    reads.fetch_add(1, Ordering::SeqCst) + 1
                };
                shared.first(|_| true, read).await.found
            })
        };
        let first = get();
        tokio::task::yield_now().await;
        // The first read has begun and may miss the changes of these callers.
        let others: Vec<_> = (0..100).map(|_| get()).collect();
        assert_eq!(first.await.unwrap(), 1);
        for other in others {
            assert_eq!(other.await.unwrap(), 2);
        }
        assert_eq!(get().await.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_that_go_on_waiting_share_a_recent_read() {
        let shared = Shared::default();
        let first = shared.first(|_| true, async || 1).await;
        let second = shared.next(&first, SECOND, |_| true, async || 2).await;
        assert_eq!(second.found, 2);
        tokio::time::advance(SECOND).await;
        assert_eq!(
            shared
                .next(&first, SECOND, |_| true, async || 3)
                .await
                .found,
            2
        );
        assert_eq!(
            shared
                .next(&second, SECOND, |_| true, async || 4)
                .await
                .found,
            4
        );
        tokio::time::advance(2 * SECOND).await;
        assert_eq!(
            shared
                .next(&second, SECOND, |_| true, async || 5)
                .await
                .found,
            5
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_read_serves_all_callers_that_waited_for_it() {
        let shared = Arc::new(Shared::default());
        let first = shared.first(|_| true, async || 0).await;
        let began = Instant::now();
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let (shared, first) = (shared.clone(), first.clone());
                tokio::spawn(async move {
                    let read = async || {
                        tokio::time::sleep(10 * SECOND).await;
                        1
                    };
                    shared.next(&first, SECOND, |_| true, read).await.found
                })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), 1);
        }
        assert_eq!(began.elapsed(), 10 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_a_result_does_not_serve_reads_again() {
        let shared = Shared::default();
        let first = shared.first(|_| true, async || 1).await;
        shared.next(&first, SECOND, |_| true, async || 2).await;
        let third = shared.next(&first, SECOND, |found| *found > 2, async || 3);
        assert_eq!(third.await.found, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn another_caller_reads_after_a_read_was_cancelled() {
        let shared = Arc::new(Shared::default());
        let cancelled = tokio::spawn({
            let shared = shared.clone();
            async move {
                shared
                    .first(|_| true, std::future::pending::<u64>)
                    .await
                    .found
            }
        });
        tokio::task::yield_now().await;
        cancelled.abort();
        assert_eq!(shared.first(|_| true, async || 7).await.found, 7);
    }
}
