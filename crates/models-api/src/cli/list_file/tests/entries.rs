//! The entries of a list, and the fields that hold their values.

use models_core::Timestamp;

use super::reading::{field, ids, list, reasons};

#[test]
fn a_display_name_does_not_replace_a_missing_id() {
    let text = r#"[{"id":"a","name":"A"},{"name":"B"},{"object":"model"}]"#;
    assert_eq!(
        reasons(text),
        ["entry 2: `id` is missing", "entry 3: `id` is missing"]
    );
    assert_eq!(
        reasons(r#"[{"key":"a"},{"id":"b"}]"#),
        ["entry 2: `key` is missing"]
    );
}

#[test]
fn a_message_names_an_invalid_entry_by_position_and_id() {
    let text = r#"[{"id":"ok"},{"id":""},{"object":"model"},7,{"id":5},{"id":"a\nb"},{"id":"x","id":"y"},
        {"id":"z","created":1,"created":2},{"id":"\ud800"},{"id":" x"},[],null,{"id":"ok"},{"id":"ok2"},{"id":"ok2"}]"#;
    assert_eq!(
        reasons(text),
        [
            "entry 2 (``): a model id must not be empty",
            "entry 3: `id` is missing",
            "entry 4: must be an object",
            "entry 5: `id` must be a string",
            "entry 6 (`a\\nb`): a model id must not hold control characters",
            "entry 7: `id` appears twice",
            "entry 8: `created` appears twice",
            "entry 9: `id` must be a string",
            "entry 10 (` x`): a model id must not begin with white space: U+0020 (space) at character 1",
            "entry 11: must be an object",
            "entry 12: must be an object",
            "entry 13 (`ok`): entry 1 has the same id",
            "entry 15 (`ok2`): entry 14 has the same id",
        ],
    );
    assert_eq!(ids(&list(text)), ["ok", "ok2"]);
    // The import does not read `x`, so its repetition is no error.
    assert_eq!(ids(&list(r#"[{"id":"a","x":1,"x":2}]"#)), ["a"]);
}

#[test]
fn invalid_entries_are_counted_and_the_first_are_kept() {
    let entries = vec![r#"{"name":5}"#; 1_500].join(",");
    let invalid = list(&format!("[{entries}]")).invalid;
    assert_eq!((invalid.count, invalid.first.len()), (1_500, 1_000));
}

#[test]
fn the_first_field_with_a_value_is_used() {
    let owner = |json| field(json).0.owned_by.map(|owner| owner.to_string());
    for (json, expected) in [
        (
            r#""owned_by":"a","organization":"b","publisher":"c""#,
            Some("a"),
        ),
        (
            r#""publisher":"c","organization":"b","owned_by":"""#,
            Some("b"),
        ),
        (r#""publisher":"c","owned_by":null"#, Some("c")),
        (r#""owned_by":["a"],"organization":"b""#, Some("b")),
        (r#""owned_by":"a\u200bb""#, None),
        (r#""owned_by":" \t ""#, None),
    ] {
        assert_eq!(owner(json).as_deref(), expected, "{json}");
    }
    let (entry, _) = field(r#""created_at":5,"created":"soon""#);
    assert_eq!(entry.created.map(Timestamp::seconds), Some(5));
    let (entry, _) = field(r#""created_at":5,"created":7"#);
    assert_eq!(entry.created.map(Timestamp::seconds), Some(7));
    let (entry, notes) = field(
        r#""deprecation":"2030-01-01T00:00:00Z","expiration_date":"2029-01-01","retires_at":"2028-01-01T00:00:00Z","shutdown_date":"2027-01-01""#,
    );
    assert_eq!(
        entry.shutdown_date.map(String::from).as_deref(),
        Some("2027-01-01")
    );
    assert_eq!(notes, [""; 0]);
}
