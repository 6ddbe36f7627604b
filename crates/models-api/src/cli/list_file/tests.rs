use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use models_core::{ImportEntry, ShutdownDate, Timestamp};

use super::*;

fn list(text: &str) -> List {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn reasons(text: &str) -> Vec<String> {
    let invalid = list(text).invalid;
    invalid.first.iter().map(ToString::to_string).collect()
}

fn ids(list: &List) -> Vec<&str> {
    list.entries.iter().map(|entry| entry.id.as_str()).collect()
}

fn failure(input: &[u8]) -> String {
    read(input).expect_err("no list").to_string()
}

/// The model with this one field, and the notes on it.
fn field(json: &str) -> (ImportEntry, Vec<String>) {
    let mut list = list(&format!("[{{\"id\":\"a\",{json}}}]"));
    assert_eq!(list.invalid.count, 0, "{json}");
    (list.entries.remove(0), list.notes)
}

#[test]
fn a_list_object_and_a_bare_array_are_the_same() {
    let entry = r#"{"id":"a","object":"model","created":1,"owned_by":"b","context_length":5,"pricing":{"x":[1.5e999]}}"#;
    for text in [
        format!(r#"{{"object":"list","data":[{entry}],"more":1}}"#),
        format!(" \u{feff}[{entry}]").trim_start().to_owned(),
        format!(r#"{{"models":[{{"name":"models/other"}}],"data":[{entry}]}}"#),
        format!(r#"{{"data":[{entry}],"models":[{{"name":"models/other"}}],"error":null}}"#),
    ] {
        let list = list(&text);
        assert_eq!(ids(&list), ["a"], "{text}");
        assert_eq!(list.entries[0].created.map(Timestamp::seconds), Some(1));
        assert_eq!(list.notes, [""; 0]);
    }
}

#[test]
fn lists_and_ids_are_found_where_other_servers_have_them() {
    for (text, expected) in [
        (
            r#"{"models":[{"name":"m:latest","model":"m:latest"}]}"#,
            "m:latest",
        ),
        (
            r#"{"models":[{"name":"models/gemini-x","displayName":"G"}]}"#,
            "gemini-x",
        ),
        (r#"{"models":[{"name":"command-x"}]}"#, "command-x"),
        (
            r#"{"models":[{"type":"llm","key":"org/x","display_name":"X"}]}"#,
            "org/x",
        ),
        (
            r#"{"models":[{"slug":"gpt-x","display_name":"X"}]}"#,
            "gpt-x",
        ),
        (
            r#"{"modelSummaries":[{"modelArn":"arn:1","modelId":"v.x-v1:0","modelName":"X"}]}"#,
            "v.x-v1:0",
        ),
        (
            r#"{"result":[{"id":"429b9e8b-d99e-44de-91ad-706cf8183658","name":"@cf/x/y"}],"success":true,"errors":[]}"#,
            "@cf/x/y",
        ),
        (r#"{"result":[{"id":"gpt-x","name":"GPT X"}]}"#, "gpt-x"),
        (r#"{"data":[{"model_name":"x","litellm_params":{}}]}"#, "x"),
        (
            r#"{"data":[{"id":"org/x","name":"Org: X","model":{"y":1}}]}"#,
            "org/x",
        ),
        (r#"{"data":[{"id":"models/x"}]}"#, "models/x"),
        (r#"[{"\u0069d":"escaped"}]"#, "escaped"),
    ] {
        assert_eq!(ids(&list(text)), [expected], "{text}");
    }
}

#[test]
fn a_display_name_does_not_stand_in_for_a_missing_id() {
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
fn an_empty_list_is_a_list() {
    for text in [
        "[]",
        r#"{"data":[]}"#,
        r#"{"data":null}"#,
        r#"{"models":[],"error":null}"#,
    ] {
        assert_eq!(ids(&list(text)), [""; 0], "{text}");
    }
}

#[test]
fn an_invalid_entry_is_named_by_its_position_and_id() {
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
            "entry 7: `id` is there twice",
            "entry 8: `created` is there twice",
            "entry 9: `id` must be a string",
            "entry 10 (` x`): a model id must not begin with white space: U+0020 (space) at character 1",
            "entry 11: must be an object",
            "entry 12: must be an object",
            "entry 13 (`ok`): entry 1 has the same id",
            "entry 15 (`ok2`): entry 14 has the same id",
        ],
    );
    assert_eq!(ids(&list(text)), ["ok", "ok2"]);
    // Of fields that are not read, a second one does no harm.
    assert_eq!(ids(&list(r#"[{"id":"a","x":1,"x":2}]"#)), ["a"]);
}

#[test]
fn invalid_entries_are_counted_and_the_first_are_kept() {
    let entries = vec![r#"{"name":5}"#; 1_500].join(",");
    let invalid = list(&format!("[{entries}]")).invalid;
    assert_eq!((invalid.count, invalid.first.len()), (1_500, 1_000));
}

#[test]
fn created_is_read_in_every_form_that_has_one_meaning() {
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
fn created_that_cannot_be_read_is_left_out_with_one_note() {
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
fn the_first_field_that_holds_a_value_counts() {
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

#[test]
fn a_shutdown_date_is_read_in_every_form_that_has_one_meaning() {
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

#[test]
fn further_pages_are_noticed() {
    for (fields, said) in [
        (r#""has_more":true"#, Some("`has_more` is true")),
        (r#""has_more":false"#, None),
        (r#""nextPageToken":"x""#, Some("`nextPageToken` is there")),
        (r#""next_page_token":"""#, None),
        (
            r#""next_page_token":"x""#,
            Some("`next_page_token` is there"),
        ),
        (r#""next":"https://x/?cursor=y""#, Some("`next` is there")),
        (r#""next":null"#, None),
        (
            r#""links":{"next":"/models?offset=1"}"#,
            Some("`links.next` is there"),
        ),
        (r#""links":{"next":null}"#, None),
        (r#""total":2"#, None),
        (r#""total":3"#, Some("`total` is 3, and the input has 2")),
        (
            r#""total_count":3"#,
            Some("`total_count` is 3, and the input has 2"),
        ),
        (
            r#""result_info":{"total_count":3}"#,
            Some("`result_info.total_count` is 3, and the input has 2"),
        ),
        (r#""nextLink":"https://x""#, Some("`nextLink` is there")),
        (r#""next":{"href":"x"}"#, Some("`next` is there")),
        (
            r#""_links":{"next":{"href":"x"}}"#,
            Some("`_links.next` is there"),
        ),
        (
            r#""pagination":{"has_more":true}"#,
            Some("`pagination.has_more` is true"),
        ),
        (r#""paging":{"next":"x"}"#, Some("`paging.next` is there")),
        (
            r#""meta":{"total":"50"}"#,
            Some("`meta.total` is 50, and the input has 2"),
        ),
        (r#""meta":{"total":2}"#, None),
        (r#""total_pages":2"#, Some("`total_pages` is 2")),
        (r#""total_pages":1"#, None),
    ] {
        for text in [
            format!(r#"{{"data":[{{"id":"a"}},5],{fields}}}"#),
            format!(r#"{{{fields},"data":[{{"id":"a"}},5]}}"#),
        ] {
            assert_eq!(list(&text).further_pages.as_deref(), said, "{text}");
        }
    }
}

#[test]
fn a_value_that_fills_the_memory_is_refused() {
    let long = "x".repeat(17 << 20);
    for text in [
        format!(r#"[{{"id":"a"}},{{"id":"b","description":"{long}"}}]"#),
        format!(r#"{{"error":"{long}"}}"#),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "a single value of the input is longer than 16 MiB");
    }
    let (one, two) = (&long[..9 << 20], &long[..9 << 20]);
    let text = format!(
        r#"{{"data":[{{"id":"a","d":"{one}"}},{{"id":"b","d":"{two}"}}],"ignored":"{long}"}}"#
    );
    assert_eq!(list(&text).entries.len(), 2);
}

#[test]
fn an_input_that_is_no_list_is_named() {
    for (text, beginning) in [
        ("", "there is no input; "),
        (" \n", "there is no input; "),
        ("\u{feff}", "there is no input; "),
        (
            "5",
            "this is not a list of models: a list is an array or an object",
        ),
        (
            "\"a\"",
            "this is not a list of models: a list is an array or an object",
        ),
        (
            "null",
            "this is not the JSON of a list of models; it begins with `null`",
        ),
        (
            "curl: (6) Could not resolve host\n",
            "this is not the JSON of a list of models; it begins with `curl: (6) Could not",
        ),
        ("{}", "this is not a list of models: the object is empty"),
        (
            "{\"data\":{}}",
            "this is not a list of models: `data` must be an array",
        ),
        (
            "{\"a\":{\"id\":1},\"b\":2}",
            "this is not a list of models: the object has none of `data`, `models` and `result`; it has `a`, `b`",
        ),
        (
            "[{]",
            "this is not the JSON of a list of models: key must be a string at line 1 column 3",
        ),
        (
            "{\"data\":[]",
            "this is not the JSON of a list of models: EOF",
        ),
        (
            "{\"data\":[]} x",
            "this is not the JSON of a list of models: trailing characters",
        ),
        (
            "{\"data\":[],\"data\":[]}",
            "this is not the JSON of a list of models: `data` is there twice",
        ),
        (
            "{\"id\":\"a\",\"object\":\"model\"}",
            "this is the one model `a`, not a list; ",
        ),
        (
            "{\"id\":\"a\"}\n{\"id\":\"b\"}\n",
            "this is one JSON object on each line, not a list; ",
        ),
        (
            "{\"error\":{\"message\":\"no\"}}",
            "the server responded with an error instead of a list: no",
        ),
        (
            "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"no\"}}",
            "the server responded with an error instead of a list: no (not_found_error)",
        ),
        (
            "{\"error\":\"no\",\"data\":[]}",
            "the server responded with an error instead of a list: no",
        ),
        (
            "{\"error\":{\"code\":404,\"message\":\"no\",\"status\":\"NOT_FOUND\"}}",
            "the server responded with an error instead of a list: no (NOT_FOUND)",
        ),
        (
            "{\"success\":false,\"errors\":[{\"code\":1,\"message\":\"no\"}],\"result\":null}",
            "the server responded with an error instead of a list: no",
        ),
        (
            "{\"detail\":\"Not authenticated\"}",
            "the server responded with an error instead of a list: Not authenticated",
        ),
        (
            "<!doctype html><TITLE> Sign in </TITLE>",
            "this is an HTML or XML page with the title `Sign in`, not a list",
        ),
        (
            "\n<?xml version=\"1.0\"?><a/>",
            "this is an HTML or XML page, not a list",
        ),
        (
            "PK\u{3}\u{4}",
            "this is compressed with zip; decompress it first",
        ),
    ] {
        let said = failure(text.as_bytes());
        assert!(said.starts_with(beginning), "{text}: {said}");
    }
    assert!(failure(b"\x28\xb5\x2f\xfd").contains("zstd"));
    assert!(failure(b"[\0\0\0]\0\0\0").contains("UTF-32"));
    let invalid = failure(b"{\"data\":[{\"id\":\"\xff\"}]}");
    assert!(
        invalid.starts_with("this is not the JSON of a list of models: invalid unicode"),
        "{invalid}"
    );
}

const SMALL: &str = r#"{"data":[{"id":"模𝄞"}]}"#;

#[test]
fn a_failure_without_an_error_envelope_is_no_empty_list() {
    for (text, message) in [
        (
            r#"{"code":30014,"message":"Token expired","data":null}"#,
            "Token expired",
        ),
        (r#"{"code":401,"msg":"bad key","data":null}"#, "bad key"),
        (r#"{"success":false,"message":"no","data":[]}"#, "no"),
        (r#"{"error":true,"message":"Unauthorized"}"#, "Unauthorized"),
        (r#"{"success":false,"data":[]}"#, "no message"),
    ] {
        let said = failure(text.as_bytes());
        assert!(said.contains(message), "{text}: {said}");
    }
    for text in [
        r#"{"success":true,"message":"ok","data":[]}"#,
        r#"{"error":false,"data":[]}"#,
        r#"{"data":null}"#,
    ] {
        assert_eq!(ids(&list(text)), [""; 0], "{text}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[test]
fn compressed_and_encoded_lists_are_read() {
    let (first, second) = SMALL.as_bytes().split_at(7);
    let marked = format!("\u{feff}{SMALL}");
    let long = format!("{SMALL}{}", " ".repeat(200_000));
    for bytes in [
        marked.as_bytes().to_vec(),
        gzip(SMALL.as_bytes()),
        [gzip(first), gzip(second)].concat(),
        gzip(marked.as_bytes()),
        utf16(&marked, u16::to_le_bytes),
        utf16(&marked, u16::to_be_bytes),
        utf16(SMALL, u16::to_le_bytes),
        utf16(SMALL, u16::to_be_bytes),
        utf16(&long, u16::to_le_bytes),
        gzip(&utf16(&marked, u16::to_le_bytes)),
    ] {
        let list = read(bytes.as_slice()).unwrap_or_else(|error| panic!("{error}: {bytes:?}"));
        assert_eq!(ids(&list), ["模𝄞"]);
    }
}

#[test]
fn damaged_inputs_are_named() {
    let whole = gzip(SMALL.as_bytes());
    let cut = failure(&whole[..whole.len() - 9]);
    assert!(cut.starts_with("this is damaged gzip: "), "{cut}");
    let lone = failure(
        &utf16("[\"", u16::to_le_bytes)
            .into_iter()
            .chain([0, 0xd8, b'x', 0])
            .collect::<Vec<_>>(),
    );
    assert_eq!(lone, "this is damaged UTF-16: a surrogate stands alone");
}
