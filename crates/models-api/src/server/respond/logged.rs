//! Which answers the log has a line for.

use std::cell::Cell;
use std::sync::Arc;

use actix_http::StatusCode;

use super::refusals::Refusals;
use crate::settings::{LogSettings, RequestLog};

/// The choice, as it is set.
#[derive(Clone, Default)]
pub(crate) struct Logged {
    /// One of so many is logged; 0 for none.
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

    /// Whether a response of this status has a line. Responses that say that something is wrong have one, for this reason
    /// or another, unless there are too many of the kind. A refusal of a correct key that asks too often is no more than any
    /// other response.
    pub(crate) fn has(&self, status: StatusCode, reason: Option<&str>) -> bool {
        let is_error = status.is_client_error() || status.is_server_error();
        let is_told =
            status != StatusCode::TOO_MANY_REQUESTS || reason == Some("too_many_incorrect");
        let is_chosen = (is_error && is_told) || self.is_next();
        is_chosen && (!is_error || self.refusals.allow(status, reason))
    }

    /// Whether the next response is one of those that are logged.
    fn is_next(&self) -> bool {
        match self.one_of {
            0 => false,
            1 => true,
            one_of => next().is_multiple_of(one_of.into()),
        }
    }
}

/// Counts the answers of a thread.
fn next() -> u32 {
    thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
    COUNT.with(|count| count.replace(count.get().wrapping_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_lines_up_to_a_rate_and_other_responses_as_it_is_set() {
        for (one_of, expected) in [(0, 0), (1, 100), (10, 10)] {
            let logged = Logged {
                one_of,
                ..Logged::default()
            };
            let count = |status| (0..100).filter(|_| logged.has(status, None)).count();
            assert_eq!(count(StatusCode::OK), expected);
            // Only so many in a second.
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
