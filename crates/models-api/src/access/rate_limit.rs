//! The rate limit of a key. Each node counts by itself.

mod buckets;

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};
use models_core::ApiKeyId;

use buckets::Buckets;

use crate::dialects::openai::error::ApiError;

/// The largest `Retry-After`, in seconds. SDKs do not retry after a longer wait.
const LONGEST_WAIT: u64 = 60;
/// The largest number of keys with a bucket of their own.
const MOST_KEYS: usize = 65_536;

type Limiter<K> = RateLimiter<K, Buckets<K>, DefaultClock, StateInformationMiddleware>;

/// A token bucket for each key. A full bucket holds the requests of a minute, and refills one by one.
pub struct RateLimit<K: Clone + Hash + Eq = ApiKeyId> {
    per_minute: NonZeroU32,
    limiter: Limiter<K>,
}

/// The state of a key's bucket after a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The number of requests per minute.
    pub limit: u32,
    /// The number of requests that the key may make at once now.
    pub remaining: u32,
    /// The time until the bucket is full.
    pub reset: Duration,
    /// The time until the client may retry, at least a second. `None` if this request is within the limit.
    pub retry_after: Option<Duration>,
}

impl<K: Clone + Hash + Eq> RateLimit<K> {
    /// Returns `None` for 0 requests a minute, which means no limit.
    #[must_use]
    pub fn new(per_minute: u32) -> Option<Self> {
        let per_minute = NonZeroU32::new(per_minute)?;
        Some(Self {
            per_minute,
            limiter: RateLimiter::new(
                Quota::per_minute(per_minute),
                Buckets::new(MOST_KEYS),
                DefaultClock::default(),
            ),
        })
    }

    /// Takes a token from the key's bucket.
    pub fn take(&self, key_id: &K) -> Allowance {
        let limit = self.per_minute.get();
        let (remaining, retry_after) = match self.limiter.check_key(key_id) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => (
                0,
                Some(whole_seconds(
                    until.wait_time_from(DefaultClock::default().now()),
                )),
            ),
        };
        let reset = Duration::from_mins(1) * (limit - remaining) / limit;
        Allowance {
            limit,
            remaining,
            reset,
            retry_after,
        }
    }
}

impl Allowance {
    /// Refuses a request beyond the limit.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let limit = self.limit;
        self.retry_after.map_or(Ok(()), |wait| {
            let retry_after = wait.as_secs();
            Err(ApiError::RateLimited { limit, retry_after })
        })
    }
}

/// Rounds up to whole seconds, from 1 to 60.
pub(crate) fn whole_seconds(wait: Duration) -> Duration {
    let up = u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs((wait.as_secs() + up).clamp(1, LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_bucket_of_its_own() {
        let limit = RateLimit::<ApiKeyId>::new(2).unwrap();
        let [one, other] = [1, 2].map(|number| ApiKeyId::from_uuid(uuid::Uuid::from_u128(number)));
        let taken: Vec<_> = (0..3).map(|_| limit.take(&one)).collect();
        assert_eq!(
            taken
                .iter()
                .map(|allowance| allowance.remaining)
                .collect::<Vec<_>>(),
            [1, 0, 0]
        );
        assert_eq!(taken[0].retry_after, None);
        assert!(
            taken[2]
                .retry_after
                .is_some_and(|wait| (1..=30).contains(&wait.as_secs()))
        );
        assert_eq!(taken[1].reset, Duration::from_mins(1));
        assert_eq!(limit.take(&other).remaining, 1);
        assert!(RateLimit::<ApiKeyId>::new(0).is_none());
    }

    #[test]
    fn a_wait_is_rounded_up_to_1_to_60_seconds() {
        for (wait, expected) in [
            (0, 1),
            (1, 1),
            (999, 1),
            (1_000, 1),
            (1_001, 2),
            (90_000, 60),
        ] {
            assert_eq!(
                whole_seconds(Duration::from_millis(wait)).as_secs(),
                expected
            );
        }
    }
}
