//! Times on the command line.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use models_core::Timestamp;

/// Parses a date, which begins at midnight in UTC, or a date with a time and an offset.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    let time = text.parse::<jiff::Timestamp>().or_else(|_| {
        let date: Date = text.parse()?;
        let midnight = date.to_zoned(TimeZone::UTC)?;
        Ok::<_, jiff::Error>(midnight.timestamp())
    });
    let time = time.map_err(|_| {
        "must be a date such as 2026-11-26, or a time such as 2026-11-26T12:00:00Z".to_owned()
    })?;
    Timestamp::try_from(time.as_second()).map_err(|invalid| invalid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_begins_at_midnight_in_utc() {
        for (text, seconds) in [
            ("1970-01-02", 86_400),
            ("1970-01-02T00:00:01Z", 86_401),
            ("1970-01-02T00:00:00-01:00", 90_000),
            ("2026-11-26 12:00:00+00:00", 1_795_694_400),
        ] {
            assert_eq!(parse(text), Ok(Timestamp::from_seconds(seconds)), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "1970-13-01",
            "1969-12-31",
            "2026-11-26T12:00:00",
            "7",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
