//! Counts of the values that the import converted or left out.

use std::collections::BTreeMap;

/// A kind of conversion, or of leaving out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Conversion {
    /// From a time in milliseconds.
    Milliseconds,
    /// From a time in microseconds.
    Microseconds,
    /// From a time in nanoseconds.
    Nanoseconds,
    /// From a number with a fraction.
    Fraction,
    /// From a number in quotes.
    Text,
    /// From a date or a date-time to Unix seconds.
    Date,
    /// From a date-time to a date.
    DateTime,
    /// From a Unix time to a date.
    UnixTime,
    /// From a text with white space around it.
    Spaces,
    /// The value was left out.
    LeftOut,
}

struct Tally {
    count: usize,
    /// The entry of the first value that was left out, and the reason.
    first: Option<String>,
}

/// The number of conversions for each field and kind.
#[derive(Default)]
pub(super) struct Notes(BTreeMap<(&'static str, Conversion), Tally>);

impl Notes {
    pub(super) fn converted(&mut self, field: &'static str, conversion: Conversion) {
        self.add(field, conversion, || None);
    }

    pub(super) fn left_out(&mut self, field: &'static str, first: impl FnOnce() -> String) {
        self.add(field, Conversion::LeftOut, || Some(first()));
    }

    fn add(
        &mut self,
        field: &'static str,
        conversion: Conversion,
        first: impl FnOnce() -> Option<String>,
    ) {
        let tally = self.0.entry((field, conversion));
        tally
            .or_insert_with(|| Tally {
                count: 0,
                first: first(),
            })
            .count += 1;
    }

    /// Returns one sentence for each field and kind.
    pub(super) fn sentences(self) -> Vec<String> {
        let sentence = |((field, conversion), tally)| sentence(field, conversion, &tally);
        self.0.into_iter().map(sentence).collect()
    }
}

fn sentence(field: &str, conversion: Conversion, Tally { count, first }: &Tally) -> String {
    let (s, were) = if *count == 1 {
        ("", "was")
    } else {
        ("s", "were")
    };
    let rest = match conversion {
        Conversion::Milliseconds => format!("value{s} in milliseconds {were} converted"),
        Conversion::Microseconds => format!("value{s} in microseconds {were} converted"),
        Conversion::Nanoseconds => format!("value{s} in nanoseconds {were} converted"),
        Conversion::Fraction => format!("value{s} had a fraction, which was dropped"),
        Conversion::Text => format!("number{s} in quotes {were} converted"),
        Conversion::Date => format!("date{s} {were} converted to Unix seconds"),
        Conversion::DateTime => format!("date-time{s} {were} reduced to the day, in UTC"),
        Conversion::UnixTime => format!("Unix time{s} {were} converted to the day, in UTC"),
        Conversion::Spaces => format!("value{s} had white space at an end, which was removed"),
        Conversion::LeftOut => format!("value{s} could not be read and {were} left out"),
    };
    let first = first.as_ref().map(|first| format!(" (first: {first})"));
    format!("{field}: {count} {rest}{}", first.unwrap_or_default())
}
