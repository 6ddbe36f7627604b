//! The choice of responses that the log records.

use std::cell::Cell;
use std::sync::Arc;

use actix_http::StatusCode;

use super::refusals::Refusals;
use crate::settings::{LogSettings, RequestLog};

/// The choice according to the settings.
#[derive(Clone, Default)]
pub(crate) struct Logged {
    /// One of this number of responses is logged. 0 means none.
    one_of: u16,
    pub(crate) refusals: Arc<Refusals>,
}

impl Logged {
    pub(crate) fn new(settings: &LogSettings) -> Self {
        let one_of = match settings.requests {
            RequestLog::Off => 0,
            RequestLog::Sampled => settings.sample,
            RequestLog::All => 1,
        };
        Self {
            one_of,
            refusals: Arc::default(),
        }
    }

    /// Whether to log a response of this status. Errors are logged, up to a rate for each kind. A refusal of a valid key by
    /// the rate limit does not count as an error here.
    pub(crate) fn has(&self, status: StatusCode, reason: Option<&str>) -> bool {
        let is_error = status.is_client_error() || status.is_server_error();
        let is_told =
            status != StatusCode::TOO_MANY_REQUESTS || reason == Some("too_many_incorrect");
        let is_chosen = (is_error && is_told) || self.is_next();
        is_chosen && (!is_error || self.refusals.allow(status, reason))
    }

    /// Whether the sample includes the next response.
    fn is_next(&self) -> bool {
        match self.one_of {
            0 => false,
            1 => true,
            one_of => next().is_multiple_of(one_of.into()),
        }
    }
}

/// Counts the responses of a thread.
fn next() -> u32 {
    thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
    COUNT.with(|count| count.replace(count.get().wrapping_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_logged_up_to_a_rate_and_other_responses_by_the_settings() {
        for (one_of, expected) in [(0, 0), (1, 100), (10, 10)] {
            let logged = Logged {
                one_of,
                ..Logged::default()
            };
            let count = |status| (0..100).filter(|_| logged.has(status, None)).count();
            assert_eq!(count(StatusCode::OK), expected);
            // The rate limit of lines also applies to a sample.
            assert!(count(StatusCode::TOO_MANY_REQUESTS) <= expected);
            let throttled = (0..100)
                .filter(|_| logged.has(StatusCode::TOO_MANY_REQUESTS, Some("too_many_incorrect")));
            assert!((20..100).contains(&throttled.count()));
            for status in [StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE] {
                assert!((20..100).contains(&count(status)), "{status}");
            }
        }
    }
}
