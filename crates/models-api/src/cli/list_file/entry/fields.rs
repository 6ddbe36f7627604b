//! Reads the optional fields of an entry in the forms that servers use. An unreadable value is left out; the entry is
//! still imported.

use std::time::Duration;

use models_core::{Entered, Invalid, Name, ShutdownDate, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::notes::{Conversion, Notes};
use super::raw::{Fields, text};

/// The earliest time that is accepted in a unit other than seconds: 2000-01-01, in Unix seconds. An earlier time in
/// milliseconds could be a time in seconds.
const PLAUSIBLE: u64 = 946_684_800;
/// The units of a number above the range of Unix seconds, and their number per second.
const UNITS: [(Conversion, u64); 3] = [
    (Conversion::Milliseconds, 1_000),
    (Conversion::Microseconds, 1_000_000),
    (Conversion::Nanoseconds, 1_000_000_000),
];
const NOT_A_TIME: &str =
    "must be Unix seconds from 0 to 4294967295, milliseconds, or an ISO 8601 date or date-time";
const NOT_A_DAY: &str = "must be a date, a date-time or a Unix time";
const AMBIGUOUS: &str = "may be a date without hyphens or a Unix time";
const NOT_TEXT: &str = "must be a string";

/// The result of reading a field.
enum Reading<T> {
    /// No value, or a value that means none, such as an empty text.
    Absent,
    Value(T, Option<Conversion>),
    LeftOut(String),
}

/// Returns the value of the first field that has one. `place` names the entry in notes.
fn first<'a, T>(
    fields: impl IntoIterator<Item = (&'static str, Option<&'a RawValue>)>,
    notes: &mut Notes,
    place: &impl Fn() -> String,
    read: impl Fn(&RawValue) -> Reading<T>,
) -> Option<T> {
    for (name, value) in fields {
        match value.map_or(Reading::Absent, &read) {
            Reading::Absent => {}
            Reading::Value(value, conversion) => {
                if let Some(conversion) =
                    conversion.filter(|conversion| !is_usual(name, *conversion))
                {
                    notes.converted(name, conversion);
                }
                return Some(value);
            }
            Reading::LeftOut(reason) => notes.left_out(name, || format!("{}: {reason}", place())),
        }
    }
    None
}

/// Whether the servers that send this field use this form. Such a conversion needs no note.
fn is_usual(field: &str, conversion: Conversion) -> bool {
    matches!(
        (field, conversion),
        ("created_at", Conversion::Date)
            | ("retires_at" | "deprecation", Conversion::DateTime)
            | ("deprecation", Conversion::UnixTime)
    )
}

/// The time of the model's creation: `created`, or Azure's and Anthropic's `created_at`.
pub(super) fn created(
    fields: &Fields<'_>,
    notes: &mut Notes,
    place: &impl Fn() -> String,
) -> Option<Timestamp> {
    let names = [
        ("created", fields.created),
        ("created_at", fields.created_at),
    ];
    first(names, notes, place, |value| {
        let Some(text) = text(value) else {
            return time(value.get(), NOT_A_TIME);
        };
        match text.trim() {
            "" => Reading::Absent,
            date if is_ambiguous(date) => Reading::LeftOut(AMBIGUOUS.to_owned()),
            number if is_number(number) => in_quotes(time(number, NOT_A_TIME)),
            date => match date_time(date) {
                Some(time) => Reading::Value(time, Some(Conversion::Date)),
                None => Reading::LeftOut(NOT_A_TIME.to_owned()),
            },
        }
    })
}

/// The model's owner: `owned_by`, Together's `organization`, or LM Studio's `publisher`.
pub(super) fn owned_by(
    fields: &Fields<'_>,
    notes: &mut Notes,
    place: &impl Fn() -> String,
) -> Option<Entered<Name>> {
    let names = [
        ("owned_by", fields.owned_by),
        ("organization", fields.organization),
        ("publisher", fields.publisher),
    ];
    first(names, notes, place, |value| {
        let Some(text) = text(value) else {
            return Reading::LeftOut(NOT_TEXT.to_owned());
        };
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Reading::Absent;
        }
        let conversion = (trimmed != text).then_some(Conversion::Spaces);
        match trimmed.parse() {
            Ok(name) => Reading::Value(name, conversion),
            Err(error) => {
                let error: Invalid = error;
                Reading::LeftOut(error.reason().to_owned())
            }
        }
    })
}

/// The shutdown date: `shutdown_date`, Anthropic's `retires_at`, `OpenRouter`'s `expiration_date`, or `deprecation`.
/// Mistral's `deprecation` is a date-time. Azure's is an object, and its field `inference` has the date.
pub(super) fn shutdown_date(
    fields: &Fields<'_>,
    notes: &mut Notes,
    place: &impl Fn() -> String,
) -> Option<ShutdownDate> {
    let names = [
        ("shutdown_date", fields.shutdown_date),
        ("retires_at", fields.retires_at),
        ("expiration_date", fields.expiration_date),
    ];
    first(names, notes, place, day).or_else(|| {
        first(
            [("deprecation", fields.deprecation)],
            notes,
            place,
            deprecation,
        )
    })
}

fn deprecation(value: &RawValue) -> Reading<ShutdownDate> {
    #[derive(Deserialize)]
    struct Deprecation<'a> {
        #[serde(borrow)]
        inference: Option<&'a RawValue>,
    }
    if !value.get().starts_with('{') {
        return day(value);
    }
    match serde_json::from_str::<Deprecation<'_>>(value.get()) {
        Ok(Deprecation { inference }) => inference.map_or(Reading::Absent, day),
        Err(_) => Reading::LeftOut("`inference` appears twice".to_owned()),
    }
}

fn day(value: &RawValue) -> Reading<ShutdownDate> {
    let Some(text) = text(value) else {
        return match value.get() {
            "0" | "false" => Reading::Absent,
            number => day_of(time(number, NOT_A_DAY)),
        };
    };
    let text = text.trim();
    if text.is_empty() {
        return Reading::Absent;
    }
    if let Ok(date) = text.parse() {
        return Reading::Value(date, None);
    }
    if is_ambiguous(text) {
        return Reading::LeftOut(AMBIGUOUS.to_owned());
    }
    if is_number(text) {
        return in_quotes(day_of(time(text, NOT_A_DAY)));
    }
    let utc = text
        .parse()
        .map(|time| jiff::tz::TimeZone::UTC.to_datetime(time));
    match utc.or_else(|_| text.parse()).ok().and_then(shutdown) {
        Some(date) => Reading::Value(date, Some(Conversion::DateTime)),
        None => Reading::LeftOut(NOT_A_DAY.to_owned()),
    }
}

fn day_of(time: Reading<Timestamp>) -> Reading<ShutdownDate> {
    match time {
        Reading::Absent => Reading::Absent,
        Reading::LeftOut(reason) => Reading::LeftOut(reason),
        Reading::Value(time, conversion) => {
            let date = jiff::Timestamp::from_second(i64::from(time))
                .ok()
                .and_then(|time| shutdown(jiff::tz::TimeZone::UTC.to_datetime(time)));
            match date {
                Some(date) => Reading::Value(date, conversion.or(Some(Conversion::UnixTime))),
                None => Reading::LeftOut(NOT_A_DAY.to_owned()),
            }
        }
    }
}

fn shutdown(time: jiff::civil::DateTime) -> Option<ShutdownDate> {
    time.date().to_string().parse().ok()
}

/// Parses a date or a date-time. One without an offset is in UTC.
fn date_time(text: &str) -> Option<Timestamp> {
    let with_offset = text.parse::<jiff::Timestamp>().ok();
    let time = with_offset.or_else(|| {
        let time = text.parse::<jiff::civil::DateTime>().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
    })?;
    time.as_second().try_into().ok()
}

fn in_quotes<T>(reading: Reading<T>) -> Reading<T> {
    match reading {
        Reading::Value(value, conversion) => {
            Reading::Value(value, conversion.or(Some(Conversion::Text)))
        }
        Reading::Absent | Reading::LeftOut(_) => reading,
    }
}

/// Whether the digits may be a Unix time, or a year, a month or a date without hyphens.
fn is_ambiguous(text: &str) -> bool {
    matches!(text.len(), 4 | 6 | 8) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_number(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let in_number = |byte: u8| is_digit(byte) || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    text.bytes().next().is_some_and(is_digit)
        && text.bytes().all(in_number)
        && text.parse::<f64>().is_ok()
}

/// Parses a number as a Unix time. `otherwise` is the reason for leaving out another value.
fn time(text: &str, otherwise: &str) -> Reading<Timestamp> {
    let read = || {
        let (whole, has_fraction) = number(text)?;
        let (seconds, unit) = seconds(whole)?;
        let fraction = has_fraction.then_some(Conversion::Fraction);
        Some(Reading::Value(
            Timestamp::from_seconds(seconds),
            unit.or(fraction),
        ))
    };
    read().unwrap_or_else(|| Reading::LeftOut(otherwise.to_owned()))
}

/// Returns the integer part of a number that is not negative, and whether the number has a fraction.
fn number(text: &str) -> Option<(u64, bool)> {
    if let Ok(whole) = text.parse() {
        return Some((whole, false));
    }
    let number = text
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())?;
    let duration = Duration::try_from_secs_f64(number).ok()?;
    Some((duration.as_secs(), duration.subsec_nanos() != 0))
}

fn seconds(whole: u64) -> Option<(u32, Option<Conversion>)> {
    if let Ok(seconds) = whole.try_into() {
        return Some((seconds, None));
    }
    UNITS.into_iter().find_map(|(unit, in_a_second)| {
        let seconds = whole / in_a_second;
        let seconds = u32::try_from(seconds)
            .ok()
            .filter(|_| seconds >= PLAUSIBLE)?;
        Some((seconds, Some(unit)))
    })
}
