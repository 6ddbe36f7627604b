//! A limit on the incorrect keys from one address. Beyond it, the node looks up the address's keys slowly. Each node
//! counts by itself.

mod look_ups;

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use models_core::KeyDigest;

use self::look_ups::LookUps;
use crate::access::rate_limit::whole_seconds;
use crate::settings::LimitSettings;

/// The capacity of the table of addresses, and of the table of incorrect keys. While the table of addresses is full,
/// every other address counts as beyond the limit.
const MOST: usize = 65_536;
/// The time between two searches of a full table for expired entries. A search visits the whole table.
const SEARCH_INTERVAL: Duration = Duration::from_secs(1);
/// A repeated incorrect key counts again after this time.
const COUNTED_FOR: Duration = Duration::from_mins(1);
/// A request that waits longer for its look-up is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// The time between two warnings about an address beyond the limit.
const WARNING_INTERVAL: Duration = Duration::from_mins(1);

/// A token bucket of incorrect keys for each address. All addresses with an empty bucket share a limited rate of
/// look-ups.
///
/// A key in memory, correct or not, needs no look-up and is never delayed. A repeated incorrect key counts once a
/// minute. So a client with an old key neither empties the bucket of its address, nor delays the new keys of other
/// clients at that address.
pub(crate) struct FailureLimit {
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    look_ups: LookUps,
    /// The capacity of each table.
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The addresses beyond the limit, each with the time from which it is within the limit again.
    beyond: HashMap<IpAddr, Instant>,
    /// The incorrect keys that were counted, each with the time of the count.
    counted: HashMap<KeyDigest, Instant>,
    warned_at: Option<Instant>,
    searched_at: Option<Instant>,
    /// Whether the table of addresses is full.
    is_full: bool,
}

impl FailureLimit {
    /// Returns `None` if the setting is 0, which means no limit.
    pub(crate) fn new(limits: &LimitSettings) -> Option<Self> {
        Self::with(
            limits.failed_authentications_per_minute,
            limits.throttled_key_lookups_per_second,
            MOST,
        )
    }

    fn with(failures_per_minute: u32, look_ups_per_second: u16, most: usize) -> Option<Self> {
        let failures = NonZeroU32::new(failures_per_minute)?;
        Some(Self {
            addresses: RateLimiter::keyed(Quota::per_minute(failures)),
            look_ups: LookUps::new(look_ups_per_second, LONGEST_WAIT),
            most,
            state: Mutex::default(),
        })
    }

    /// Waits until a key from this address may be looked up, and returns whether the address is beyond the limit. An
    /// address within the limit does not wait. The error is the time after which the client may retry, in whole seconds.
    pub(crate) async fn wait_for_look_up(&self, address: IpAddr) -> Result<bool, Duration> {
        let is_throttled = self.is_throttled(address, Instant::now());
        if is_throttled {
            self.look_ups.wait(address).await.map_err(whole_seconds)?;
        }
        Ok(is_throttled)
    }

    fn is_throttled(&self, address: IpAddr, now: Instant) -> bool {
        let mut state = self.state();
        self.make_room(&mut state, now);
        let is_beyond = state.is_beyond(address, now);
        if is_beyond && state.warning_is_due(now) {
            tracing::warn!(
                client = %address,
                "this address sent too many incorrect API keys; the node looks up its keys slowly \
                 (`limits.failed_authentications_per_minute`)"
            );
        }
        is_beyond
    }

    /// Counts an incorrect key from this address, unless the same key was counted within the last minute.
    pub(crate) fn count(&self, address: IpAddr, key: KeyDigest) {
        self.count_at(address, key, Instant::now());
    }

    fn count_at(&self, address: IpAddr, key: KeyDigest, now: Instant) {
        let mut state = self.state();
        self.make_room(&mut state, now);
        if state.is_counted(&key, now) {
            return;
        }
        // If the table is full, a repeated key counts each time.
        if state.counted.len() < self.most {
            state.counted.insert(key, now);
        }
        if state.is_full {
            return;
        }
        if let Err(until) = self.addresses.check_key(&address)
            && state.beyond.len() < self.most
        {
            let wait = until.wait_time_from(DefaultClock::default().now());
            state.beyond.insert(address, now + wait);
        }
    }

    /// Removes expired entries if a table is full.
    fn make_room(&self, state: &mut State, now: Instant) {
        let lengths = [
            self.addresses.len(),
            state.beyond.len(),
            state.counted.len(),
        ];
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < SEARCH_INTERVAL;
        if lengths.iter().all(|length| *length < self.most)
            || state.searched_at.as_ref().is_some_and(is_recent)
        {
            state.is_full = self.addresses.len() >= self.most;
            return;
        }
        self.addresses.retain_recent();
        state.beyond.retain(|_, until| *until > now);
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < COUNTED_FOR;
        state.counted.retain(|_, at| is_recent(at));
        state.searched_at = Some(now);
        state.is_full = self.addresses.len() >= self.most;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_beyond(&self, address: IpAddr, now: Instant) -> bool {
        self.is_full || self.beyond.get(&address).is_some_and(|until| *until > now)
    }

    fn is_counted(&self, key: &KeyDigest, now: Instant) -> bool {
        let at = self.counted.get(key);
        at.is_some_and(|at| now.saturating_duration_since(*at) < COUNTED_FOR)
    }

    fn warning_is_due(&mut self, now: Instant) -> bool {
        let is_due = self
            .warned_at
            .is_none_or(|at| now.saturating_duration_since(at) >= WARNING_INTERVAL);
        if is_due {
            self.warned_at = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn key(number: u32) -> KeyDigest {
        KeyDigest::of_unchecked(&number.to_be_bytes())
    }

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn a_repeated_incorrect_key_counts_once() {
        let limit = FailureLimit::with(2, 20, MOST).unwrap();
        let now = Instant::now();
        for _ in 0..100 {
            limit.count_at(address(1), key(1), now);
        }
        assert!(!limit.is_throttled(address(1), now));
        for number in 2..5 {
            limit.count_at(address(1), key(number), now);
        }
        assert!(limit.is_throttled(address(1), now));
        assert!(!limit.is_throttled(address(2), now));
        assert!(FailureLimit::with(0, 20, MOST).is_none());
    }

    #[test]
    fn a_warning_is_written_once_a_minute() {
        let mut state = State::default();
        let now = Instant::now();
        let due = [0, 1, 59, 60, 61].map(|seconds| {
            let at = now + Duration::from_secs(seconds);
            state.warning_is_due(at)
        });
        assert_eq!(due, [true, false, false, true, false]);
    }

    #[test]
    fn the_tables_are_bounded() {
        const FEW: usize = 100;
        let limit = FailureLimit::with(1, 20, FEW).unwrap();
        let now = Instant::now();
        for number in 0..250 {
            limit.count_at(address(number), key(2 * number), now);
            limit.count_at(address(number), key(2 * number + 1), now);
        }
        let state = limit.state();
        assert!(state.beyond.len() <= FEW && state.counted.len() <= FEW);
        assert!(limit.addresses.len() <= FEW);
        drop(state);
        let is_throttled = limit.is_throttled(address(1_000), now);
        assert!(is_throttled, "a full table throttles all other addresses");
    }
}
