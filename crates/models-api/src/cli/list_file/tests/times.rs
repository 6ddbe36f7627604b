//! The forms of times and dates.

use models_core::{ShutdownDate, Timestamp};

use super::reading::{field, list};

#[test]
fn created_is_read_in_every_unambiguous_form() {
    const T: u32 = 1_744_857_525;
    for (value, expected, note) in [
        ("1744857525", T, ""),
        ("0", 0, ""),
        ("4294967295", u32::MAX, ""),
        ("1744857525.0", T, ""),
        ("1.744857525e9", T, ""),
        (
            "1744857525.9",
            T,
            "created: 1 value had a fraction, which was dropped",
        ),
        (
            "1744857525254",
            T,
            "created: 1 value in milliseconds was converted",
        ),
        (
            "1744857525254.5",
            T,
            "created: 1 value in milliseconds was converted",
        ),
        (
            "1.744857525254E+12",
            T,
            "created: 1 value in milliseconds was converted",
        ),
        (
            "946684800000",
            946_684_800,
            "created: 1 value in milliseconds was converted",
        ),
        (
            "4294967295999",
            u32::MAX,
            "created: 1 value in milliseconds was converted",
        ),
        (
            "1744857525254391",
            T,
            "created: 1 value in microseconds was converted",
        ),
        (
            "1744857525254391000",
            T,
            "created: 1 value in nanoseconds was converted",
        ),
        (
            "\" 1744857525 \"",
            T,
            "created: 1 number in quotes was converted",
        ),
        (
            "\"1744857525254\"",
            T,
            "created: 1 value in milliseconds was converted",
        ),
        (
            "\"2025-04-17T02:38:45Z\"",
            T,
            "created: 1 date was converted to Unix seconds",
        ),
        (
            "\"2025-04-17T04:38:45.254+02:00\"",
            T,
            "created: 1 date was converted to Unix seconds",
        ),
        (
            "\"2025-04-17 02:38:45\"",
            T,
            "created: 1 date was converted to Unix seconds",
        ),
        (
            "\"2025-04-17\"",
            1_744_848_000,
            "created: 1 date was converted to Unix seconds",
        ),
    ] {
        let (entry, notes) = field(&format!("\"created\":{value}"));
        assert_eq!(
            entry.created.map(Timestamp::seconds),
            Some(expected),
            "{value}"
        );
        let expected = if note.is_empty() { vec![] } else { vec![note] };
        assert_eq!(notes, expected, "{value}");
    }
    let (entry, notes) = field(r#""created_at":"2025-04-17T02:38:45Z""#);
    assert_eq!(
        (entry.created.map(Timestamp::seconds), notes),
        (Some(T), vec![])
    );
}

#[test]
fn an_unreadable_created_is_left_out_with_one_note() {
    for value in [
        "-1",
        "4294967296",
        "946684799999",
        "4294967296000",
        "1e400",
        "1e30",
        "false",
        "[]",
        "{}",
        "\"today\"",
        "\"20250417\"",
        "\"2025\"",
        "\"-5\"",
        "\"NaN\"",
        "\"infinity\"",
        "\"1e999\"",
        "\"1969-12-31\"",
        "\"2107-01-01\"",
        "\"Thu, 17 Apr 2025 02:38:45 GMT\"",
    ] {
        let (entry, notes) = field(&format!("\"created\":{value}"));
        assert_eq!(entry.created, None, "{value}");
        let [note] = notes.as_slice() else {
            panic!("{value}: {notes:?}")
        };
        assert!(
            note.starts_with(
                "created: 1 value could not be read and was left out (first: entry 1 (`a`): "
            ),
            "{note}"
        );
    }
    for value in ["null", "\"\"", "\"  \""] {
        let (entry, notes) = field(&format!("\"created\":{value}"));
        assert_eq!((entry.created, notes), (None, vec![]), "{value}");
    }
    let many = r#"[{"id":"a","created":true},{"id":"b","created":[]},{"id":"c","created":1744857525254},{"id":"d","created":1744857525254}]"#;
    let notes = list(many).notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert_eq!(notes[0], "created: 2 values in milliseconds were converted");
    assert!(
        notes[1].starts_with(
            "created: 2 values could not be read and were left out (first: entry 1 (`a`): "
        ),
        "{notes:?}"
    );
}

#[test]
fn a_shutdown_date_is_read_in_every_unambiguous_form() {
    for (json, expected, is_noted) in [
        (r#""shutdown_date":"2027-10-23""#, Some("2027-10-23"), false),
        (
            r#""shutdown_date":" 2027-10-23 ""#,
            Some("2027-10-23"),
            false,
        ),
        (
            r#""shutdown_date":"2027-10-23T23:30:00-02:00""#,
            Some("2027-10-24"),
            true,
        ),
        (
            r#""shutdown_date":"2027-10-23 23:30:00""#,
            Some("2027-10-23"),
            true,
        ),
        (r#""shutdown_date":1824336000"#, Some("2027-10-24"), true),
        (r#""shutdown_date":1824336000000"#, Some("2027-10-24"), true),
        (r#""shutdown_date":"1824336000""#, Some("2027-10-24"), true),
        (r#""shutdown_date":0"#, None, false),
        (r#""shutdown_date":false"#, None, false),
        (r#""shutdown_date":"""#, None, false),
        (r#""shutdown_date":"soon""#, None, true),
        (r#""shutdown_date":"20271023""#, None, true),
        (r#""shutdown_date":true"#, None, true),
        (
            r#""retires_at":"2027-02-01T00:00:00Z""#,
            Some("2027-02-01"),
            false,
        ),
        (
            r#""expiration_date":"2027-03-31""#,
            Some("2027-03-31"),
            false,
        ),
        (
            r#""deprecation":"2027-11-30T16:00:00Z""#,
            Some("2027-11-30"),
            false,
        ),
        (
            r#""deprecation":{"fine_tune":1800000000,"inference":1810000000}"#,
            Some("2027-05-11"),
            false,
        ),
        (r#""deprecation":{"fine_tune":1800000000}"#, None, false),
        (r#""deprecation":{"inference":null}"#, None, false),
        (r#""deprecation":{"inference":1,"inference":2}"#, None, true),
    ] {
        let (entry, notes) = field(json);
        let expected: Option<ShutdownDate> = expected.map(|date| date.parse().unwrap());
        assert_eq!(entry.shutdown_date, expected, "{json}");
        assert_eq!(notes.len(), usize::from(is_noted), "{json}: {notes:?}");
    }
}
