//! A limit on the log lines of refused requests: anybody can send such requests, and a line is longer than a request.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_http::StatusCode;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::{MissedTickBehavior, interval};

use crate::dialects::openai::error::reasons::REASONS;

/// The number of lines of each kind that may be written at once, and then per second.
const LINES: NonZeroU32 = NonZeroU32::new(20).expect("20 is not 0");
/// The time between two reports of the lines that were left out.
const PERIOD: Duration = Duration::from_secs(1);
/// The statuses of refusals without a [reason](crate::dialects::openai::error::ApiError::reason). The last one stands
/// for all others.
const STATUSES: [u16; 10] = [400, 404, 405, 408, 413, 431, 500, 503, 507, 0];

/// Counts the lines of refused requests by kind. The kind is the reason, or the status if there is none.
pub(crate) struct Refusals {
    with_reason: [Lines; REASONS.len()],
    with_status: [Lines; STATUSES.len()],
}

/// The lines of one kind.
struct Lines {
    limiter: DefaultDirectRateLimiter,
    left_out: AtomicU64,
}

impl Lines {
    fn new() -> Self {
        Self {
            limiter: RateLimiter::direct(Quota::per_second(LINES)),
            left_out: AtomicU64::new(0),
        }
    }
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            with_reason: std::array::from_fn(|_| Lines::new()),
            with_status: std::array::from_fn(|_| Lines::new()),
        }
    }
}

impl Refusals {
    /// Whether one more line of this kind may be written. If not, counts the line.
    pub(super) fn allow(&self, status: StatusCode, reason: Option<&str>) -> bool {
        let lines = self.lines(status, reason);
        let is_allowed = lines.limiter.check().is_ok();
        if !is_allowed {
            lines.left_out.fetch_add(1, Ordering::Relaxed);
        }
        is_allowed
    }

    fn lines(&self, status: StatusCode, reason: Option<&str>) -> &Lines {
        let reason = reason.and_then(|reason| REASONS.iter().position(|other| *other == reason));
        if let Some(place) = reason {
            return &self.with_reason[place];
        }
        let place = STATUSES.iter().position(|other| *other == status.as_u16());
        &self.with_status[place.unwrap_or(STATUSES.len() - 1)]
    }

    /// Starts a task that logs every second how many lines were left out. Dropping the counts logs the rest.
    pub(crate) fn report_regularly(refusals: &Arc<Self>) {
        tokio::spawn(report(Arc::downgrade(refusals)));
    }

    fn report(&self) {
        for (reason, lines) in REASONS.iter().zip(&self.with_reason) {
            if let left_out @ 1.. = lines.left_out.swap(0, Ordering::Relaxed) {
                tracing::info!(reason, left_out, "{LEFT_OUT}");
            }
        }
        for (status, lines) in STATUSES.iter().zip(&self.with_status) {
            let left_out = lines.left_out.swap(0, Ordering::Relaxed);
            let known = (*status > 0).then_some(*status);
            match left_out {
                0 => {}
                _ if *status < 500 => tracing::info!(status = known, left_out, "{LEFT_OUT}"),
                _ => tracing::error!(status = known, left_out, "{LEFT_OUT}"),
            }
        }
    }
}

const LEFT_OUT: &str = "left out lines of refused requests";

impl Drop for Refusals {
    fn drop(&mut self) {
        self.report();
    }
}

async fn report(refusals: Weak<Refusals>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(refusals) = refusals.upgrade() else {
            return;
        };
        refusals.report();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_limit_and_lines_beyond_it_are_counted() {
        let refusals = Refusals::default();
        for (status, reason) in [
            (StatusCode::UNAUTHORIZED, Some("unknown")),
            (StatusCode::UNAUTHORIZED, Some("expired")),
            (StatusCode::NOT_FOUND, None),
            (StatusCode::IM_A_TEAPOT, None),
        ] {
            let allowed = (0..1_000)
                .filter(|_| refusals.allow(status, reason))
                .count();
            // A slow machine allows some more lines.
            assert!((20..500).contains(&allowed), "{status} {allowed}");
            let left_out = refusals
                .lines(status, reason)
                .left_out
                .load(Ordering::Relaxed);
            assert_eq!(left_out, 1_000 - allowed as u64);
        }
        refusals.report();
        let lines = refusals.with_reason.iter().chain(&refusals.with_status);
        assert_eq!(
            lines
                .map(|lines| lines.left_out.load(Ordering::Relaxed))
                .sum::<u64>(),
            0
        );
    }
}
