//! Times on the command line.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use models_core::Timestamp;

/// Parses a date, which begins at midnight in UTC, or a date with a time and an offset.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    // A date would accept a time without an offset, and ignore it.
    let is_date = text.len() <= "2026-11-26".len();
    let time = if is_date {
        midnight(text)
    } else {
        text.parse()
    };
    let time = time.map_err(|_| {
        "must be a date such as 2026-11-26, or a time such as 2026-11-26T12:00:00Z".to_owned()
    })?;
    Timestamp::try_from(time.as_second()).map_err(|invalid| invalid.to_string())
}

fn midnight(text: &str) -> Result<jiff::Timestamp, jiff::Error> {
    let date: Date = text.parse()?;
    Ok(date.to_zoned(TimeZone::UTC)?.timestamp())
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
