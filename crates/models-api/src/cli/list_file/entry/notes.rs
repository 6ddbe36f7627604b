//! What was converted and left out, counted.

use std::collections::BTreeMap;

/// How a value was made one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Conversion {
    /// A time in milliseconds.
    Milliseconds,
    /// A time in microseconds.
    Microseconds,
    /// A time in nanoseconds.
    Nanoseconds,
    /// A number that was not whole.
    Fraction,
    /// A number in quotes.
    Text,
    /// A date or a date-time, where a number is usual.
    Date,
    /// A date-time, where a date is usual.
    DateTime,
    /// A Unix time, where a date is usual.
    UnixTime,
    /// Text with white space around it.
    Spaces,
    /// Nothing: it was left out.
    LeftOut,
}

struct Tally {
    count: usize,
    /// The first value that was left out: its entry and the reason.
    first: Option<String>,
}

/// What was converted and left out: for each field and kind, how often.
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

    /// One sentence for each field and kind.
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
