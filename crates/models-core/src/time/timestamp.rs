//! Timestamps: whole Unix seconds in 32 bits, as in OpenAI's API.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::text::Invalid;

/// Seconds since 1970-01-01T00:00:00Z, from 0 to 2³²−1 (7 February 2106). The API sets the bound:
/// `async-openai` reads `created` into a `u32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Timestamp(u32);

impl Timestamp {
    /// The timestamp that many seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// The timestamp `duration` later, in whole seconds; `None` above the largest timestamp.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let seconds = u32::try_from(duration.as_secs()).ok()?;
        self.0.checked_add(seconds).map(Self)
    }
}

impl From<SystemTime> for Timestamp {
    /// A time outside the range becomes the nearest timestamp.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u32::try_from(since.as_secs()).unwrap_or(u32::MAX))
    }
}

impl From<Timestamp> for i64 {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0.into()
    }
}

impl TryFrom<i64> for Timestamp {
    type Error = Invalid;

    fn try_from(seconds: i64) -> Result<Self, Invalid> {
        u32::try_from(seconds)
            .map(Self)
            .map_err(|_| Invalid::new("a time", "must be whole Unix seconds from 0 to 4294967295"))
    }
}

impl std::fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_second(self.0.into()) {
            Ok(timestamp) => timestamp.fmt(f),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_outside_the_range_does_not_panic() {
        assert_eq!(
            Timestamp::from(UNIX_EPOCH - Duration::from_hours(1)),
            Timestamp(0)
        );
        assert_eq!(
            Timestamp::from(UNIX_EPOCH + Duration::from_secs(1 << 40)),
            Timestamp(u32::MAX)
        );
        assert_eq!(
            Timestamp(u32::MAX).checked_add(Duration::from_secs(1)),
            None
        );
    }

    #[test]
    fn seconds_outside_the_range_are_refused() {
        assert!(Timestamp::try_from(-1).is_err());
        assert!(Timestamp::try_from(1_i64 << 32).is_err());
        assert_eq!(
            Timestamp::try_from((1_i64 << 32) - 1),
            Ok(Timestamp(u32::MAX))
        );
    }

    #[test]
    fn a_timestamp_is_shown_in_utc() {
        assert_eq!(Timestamp(1_686_588_896).to_string(), "2023-06-12T16:54:56Z");
    }

    #[test]
    fn a_timestamp_counts_whole_seconds() {
        let timestamp = Timestamp::from_seconds(7);
        assert_eq!(timestamp.seconds(), 7);
        assert_eq!(i64::from(timestamp), 7);
        assert_eq!(
            Timestamp::from(UNIX_EPOCH + Duration::from_millis(7_900)),
            timestamp
        );
        let later = timestamp.checked_add(Duration::from_millis(1_900));
        assert_eq!(later, Some(Timestamp(8)), "whole seconds");
        assert_eq!(timestamp.checked_add(Duration::MAX), None);
    }
}
