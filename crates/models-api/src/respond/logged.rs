//! Which answers the log has a line for.

use std::cell::Cell;

use actix_http::StatusCode;

use crate::settings::{LogSettings, RequestLog};

/// The choice, as it is set.
#[derive(Clone, Copy, Default)]
pub(crate) struct Logged {
    /// One of so many is logged; 0 for none.
    one_of: u16,
}

impl Logged {
    pub(crate) fn new(settings: &LogSettings) -> Self {
        let one_of = match settings.requests {
            RequestLog::Off => 0,
            RequestLog::Sampled => settings.sample,
            RequestLog::All => 1,
        };
        Self { one_of }
    }

    /// Whether an answer of this status has a line. What was refused to a client that asks too often
    /// is no more than any other.
    pub(super) fn has(self, status: StatusCode) -> bool {
        let is_error = status.is_client_error() || status.is_server_error();
        if is_error && status != StatusCode::TOO_MANY_REQUESTS {
            return true;
        }
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
    fn errors_always_have_a_line_and_others_as_it_is_set() {
        for (one_of, expected) in [(0, 0), (1, 100), (10, 10)] {
            let logged = Logged { one_of };
            let count = |status| (0..100).filter(|_| logged.has(status)).count();
            assert_eq!(count(StatusCode::OK), expected);
            assert_eq!(count(StatusCode::TOO_MANY_REQUESTS), expected);
            for status in [StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE] {
                assert_eq!(count(status), 100);
            }
        }
    }
}
