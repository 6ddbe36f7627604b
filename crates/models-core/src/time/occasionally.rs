//! A limit for log lines that could repeat without end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Allows one line, the next one a second later, and then fewer and fewer, down to one a minute. It
/// starts again after two quiet minutes.
#[derive(Debug, Default)]
pub struct Occasionally(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    pause: Duration,
    left_out: u64,
}

impl Occasionally {
    /// The number of lines suppressed before the line at this time; `None` if this line is
    /// suppressed too.
    pub fn at(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = state.last.map(|last| now.saturating_duration_since(last));
        match passed {
            Some(passed) if passed < state.pause => {
                state.left_out += 1;
                return None;
            }
            Some(passed) if passed < 2 * LONGEST_PAUSE => {
                state.pause = (2 * state.pause).min(LONGEST_PAUSE);
            }
            _ => state.pause = FIRST_PAUSE,
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_lines_are_suppressed_and_counted() {
        let (occasionally, begin) = (Occasionally::default(), Instant::now());
        let shown: Vec<_> = (0..3_000)
            .map(|tenth| begin + Duration::from_millis(100 * tenth))
            .filter_map(|now| occasionally.at(now))
            .collect();
        assert!(shown.len() < 12, "{shown:?}");
        assert_eq!(shown[..4], [0, 9, 19, 39]);
        let later = begin + Duration::from_mins(50);
        assert!(occasionally.at(later).is_some());
        assert_eq!(occasionally.at(later + Duration::from_secs(1)), Some(0));
    }

    #[test]
    fn lines_begin_anew_after_two_quiet_minutes() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_mins(1));
        let just_less = (2 * minute).saturating_sub(Duration::from_nanos(1));
        for (quiet, begins_anew) in [(just_less, false), (2 * minute, true)] {
            let (occasionally, begin) = (Occasionally::default(), Instant::now());
            for number in 0..10 {
                assert!(occasionally.at(begin + number * minute).is_some());
            }
            let next = begin + 9 * minute + quiet;
            assert_eq!(occasionally.at(next), Some(0));
            assert_eq!(occasionally.at(next + second).is_some(), begins_anew);
        }
    }
}
