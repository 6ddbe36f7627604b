//! Inputs that are not lists.

use super::reading::{failure, ids, list};

#[test]
fn the_message_for_an_input_that_is_not_a_list_says_what_the_input_is() {
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
            "this is not the JSON of a list of models: `data` appears twice",
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
        let message = failure(text.as_bytes());
        assert!(message.starts_with(beginning), "{text}: {message}");
    }
    assert!(failure(b"\x28\xb5\x2f\xfd").contains("zstd"));
    assert!(failure(b"[\0\0\0]\0\0\0").contains("UTF-32"));
    let invalid = failure(b"{\"data\":[{\"id\":\"\xff\"}]}");
    assert!(
        invalid.starts_with("this is not the JSON of a list of models: invalid unicode"),
        "{invalid}"
    );
}

#[test]
fn a_failure_without_an_error_envelope_is_not_read_as_an_empty_list() {
    for (text, expected) in [
        (
            r#"{"code":30014,"message":"Token expired","data":null}"#,
            "Token expired",
        ),
        (r#"{"code":401,"msg":"bad key","data":null}"#, "bad key"),
        (r#"{"success":false,"message":"no","data":[]}"#, "no"),
        (r#"{"error":true,"message":"Unauthorized"}"#, "Unauthorized"),
        (r#"{"success":false,"data":[]}"#, "no message"),
    ] {
        let message = failure(text.as_bytes());
        assert!(message.contains(expected), "{text}: {message}");
    }
    for text in [
        r#"{"success":true,"message":"ok","data":[]}"#,
        r#"{"error":false,"data":[]}"#,
        r#"{"data":null}"#,
    ] {
        assert_eq!(ids(&list(text)), [""; 0], "{text}");
    }
}

#[test]
fn a_list_of_too_many_models_is_refused() {
    // The limit also counts entries that are not objects.
    let list_of = |entries: usize| format!("{{\"data\":[{}1]}}", "1,".repeat(entries - 1));
    assert_eq!(list(&list_of(1_000_000)).invalid.count, 1_000_000);
    let message = failure(list_of(1_000_001).as_bytes());
    assert!(
        message.starts_with("the list has 1000001 models, and an import takes at most 1000000"),
        "{message}"
    );
}
