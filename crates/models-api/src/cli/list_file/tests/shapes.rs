//! The place of the list and of the ids, and further pages.

use models_core::Timestamp;

use super::reading::{ids, list};
use crate::cli::list_file::read;

#[test]
fn a_list_object_and_a_bare_array_are_read_alike() {
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
fn lists_and_ids_are_found_in_the_fields_of_other_servers() {
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
fn an_empty_list_is_read() {
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
fn further_pages_are_reported() {
    for (fields, expected) in [
        (r#""has_more":true"#, Some("`has_more` is true")),
        (r#""has_more":false"#, None),
        (r#""nextPageToken":"x""#, Some("`nextPageToken` is present")),
        (r#""next_page_token":"""#, None),
        (
            r#""next_page_token":"x""#,
            Some("`next_page_token` is present"),
        ),
        (r#""next":"https://x/?cursor=y""#, Some("`next` is present")),
        (r#""next":null"#, None),
        (
            r#""links":{"next":"/models?offset=1"}"#,
            Some("`links.next` is present"),
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
        (r#""nextLink":"https://x""#, Some("`nextLink` is present")),
        (r#""next":{"href":"x"}"#, Some("`next` is present")),
        (
            r#""_links":{"next":{"href":"x"}}"#,
            Some("`_links.next` is present"),
        ),
        (
            r#""pagination":{"has_more":true}"#,
            Some("`pagination.has_more` is true"),
        ),
        (r#""paging":{"next":"x"}"#, Some("`paging.next` is present")),
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
            assert_eq!(list(&text).further_pages.as_deref(), expected, "{text}");
        }
    }
}

#[test]
fn a_value_longer_than_the_limit_is_refused() {
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
