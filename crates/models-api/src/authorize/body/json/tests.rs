use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The model of a body that arrives in pieces of this length.
fn model_in_pieces(body: &[u8], length: usize) -> Result<String, BodyError> {
    let mut scanner = Scanner::new();
    for piece in body.chunks(length.max(1)) {
        scanner.scan(piece)?;
    }
    scanner.finish()
}

fn model(body: &str) -> Result<String, BodyError> {
    let whole = model_in_pieces(body.as_bytes(), body.len());
    for length in [1, 2, 3, 7] {
        assert_eq!(model_in_pieces(body.as_bytes(), length), whole, "{body}");
    }
    whole
}

#[test]
fn a_model_is_found_wherever_it_stands() {
    for (body, expected) in [
        (r#"{"model":"a"}"#, "a"),
        (
            " {\"messages\": [{\"model\": 1}, [], {}],\r\n\t\"model\" : \"gpt-4o\" } \n",
            "gpt-4o",
        ),
        (
            r#"{"tools":[{"function":{"parameters":{"model":"x"}}}],"input":[{"model":"x"}],"model":"a"}"#,
            "a",
        ),
        (r#"{"mod\u0065l":"\u0061\/b"}"#, "a/b"),
        (r#"{"model":"模\ud83d\ude00"}"#, "模😀"),
        (
            r#"{"n":-0.5e+3,"t":true,"f":false,"z":null,"model":"a","s":"\ud800"}"#,
            "a",
        ),
        (r#"{"my_models":["x"],"my_model":"y","model":""}"#, ""),
    ] {
        assert_eq!(model(body).as_deref(), Ok(expected), "{body}");
    }
}

#[test]
fn a_body_in_which_parsers_could_find_different_models_is_refused() {
    for (body, expected) in [
        (r#"{"model":"a","model":"b"}"#, BodyError::TwoModels),
        (r#"{"model":"a","model":"a"}"#, BodyError::TwoModels),
        (r#"{"model":"a","m\u006fdel":"b"}"#, BodyError::TwoModels),
        (r#"{"model":"a","models":["b"]}"#, BodyError::FurtherModels),
        (
            r#"{"fallbacks":["b"],"model":"a"}"#,
            BodyError::FurtherModels,
        ),
        (
            r#"{"model":"a","tools":[{"type":"image_generation","model":"b"}]}"#,
            BodyError::FurtherModels,
        ),
        (
            r#"{"tools":[{},{"m\u006fdel":"b"}],"model":"a"}"#,
            BodyError::FurtherModels,
        ),
        (r#"{"model":"a","Model":"b"}"#, BodyError::KeyInOtherCase),
        (r#"{"MODEL":"b","model":"a"}"#, BodyError::KeyInOtherCase),
        (r#"{"Model":"b"}"#, BodyError::KeyInOtherCase),
        (
            r#"{"model":"a","mod\ud800el":"b"}"#,
            BodyError::KeyInOtherCase,
        ),
        (
            r#"{"model":"a","model\udc00":"b"}"#,
            BodyError::KeyInOtherCase,
        ),
        (r#"{"model":"a\ud800"}"#, BodyError::ModelIsNoText),
        (
            r#"{"model":"a\ud800\ud800\udc00"}"#,
            BodyError::ModelIsNoText,
        ),
        (r#"{"model":["a"]}"#, BodyError::ModelIsNoText),
        (r#"{"model":null}"#, BodyError::ModelIsNoText),
        (r#"{"model":1}"#, BodyError::ModelIsNoText),
        (r#"{"input":{"model":"a"}}"#, BodyError::NoModel),
        ("{}", BodyError::NoModel),
    ] {
        assert_eq!(model(body), Err(expected), "{body}");
    }
    let long = format!(r#"{{"model":"{}"}}"#, "a".repeat(1025));
    assert_eq!(model(&long), Err(BodyError::ModelIsNoText));
}

#[test]
fn a_body_that_is_not_one_json_object_is_refused() {
    for body in [
        "",
        " ",
        "a",
        "\"model\"",
        "[]",
        r#"[{"model":"a"}]"#,
        r#"{"model":"a""#,
        r#"{"model":"a"}}"#,
        r#"{"model":"a"}{}"#,
        r#"{"model":"a"},"#,
        r#"{"model":"a",}"#,
        r#"{"model" "a"}"#,
        r"{'model':'a'}",
        r#"{model:"a"}"#,
        r#"{"a":01,"model":"a"}"#,
        r#"{"a":1.,"model":"a"}"#,
        r#"{"a":.5,"model":"a"}"#,
        r#"{"a":+1,"model":"a"}"#,
        r#"{"a":1e,"model":"a"}"#,
        r#"{"a":-,"model":"a"}"#,
        r#"{"a":NaN,"model":"a"}"#,
        r#"{"a":tru,"model":"a"}"#,
        r#"{"a":truex,"model":"a"}"#,
        r#"{"a":[1,],"model":"a"}"#,
        r#"{"a":[1},"model":"a"}"#,
        r#"{"a":"\x","model":"a"}"#,
        r#"{"a":"\u00g0","model":"a"}"#,
        "{\"a\":\"\n\",\"model\":\"a\"}",
        "\u{feff}{\"model\":\"a\"}",
        "{/**/\"model\":\"a\"}",
        r#"{"model":"a"} x"#,
        "{,\"model\":\"a\"}",
        "{\"a\":,\"model\":\"a\"}",
    ] {
        assert_eq!(model(body), Err(BodyError::Malformed), "{body}");
    }
    for bytes in [
        &b"{\"model\":\"\xff\"}"[..],
        b"{\"model\":\"a\"}\xe6",
        b"{\"a\":\"\xc3\",\"model\":\"a\"}",
    ] {
        for length in [1, 2, 100] {
            assert_eq!(model_in_pieces(bytes, length), Err(BodyError::Malformed));
        }
    }
}

#[test]
fn a_body_may_nest_as_deeply_as_serde_json_reads() {
    for (depth, is_read) in [(126, true), (127, false)] {
        let body = format!(
            r#"{{"a":{}{},"model":"a"}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        assert_eq!(serde_json::from_str::<Value>(&body).is_ok(), is_read);
        let expected = if is_read {
            Ok("a".to_owned())
        } else {
            Err(BodyError::TooDeep)
        };
        assert_eq!(model(&body), expected);
    }
}

#[test]
fn a_long_prompt_is_not_kept() {
    let mut scanner = Scanner::new();
    scanner.scan(br#"{"messages":[{"content":""#).unwrap();
    for _ in 0..1_000 {
        scanner
            .scan("ab\\n\\u00e4ä".repeat(100).as_bytes())
            .unwrap();
    }
    scanner.scan(br#""}],"model":"last"}"#).unwrap();
    assert!(scanner.partial.capacity() <= 8);
    assert_eq!(scanner.finish().as_deref(), Ok("last"));
}

/// Bodies that are nearly right.
fn bodies() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\"model\"",
        "\"model\":",
        "\"a\"",
        "\"a\":",
        "\"Model\"",
        "mod",
        "\\u0065",
        "l",
        "\\ud83d",
        "\\ude00",
        "1",
        "-",
        "0",
        ".",
        "e",
        "5",
        "true",
        "null",
        "false",
        " ",
        "\n",
        "é",
        "\"model\":\"a\"",
        "{\"model\":\"b\"}",
    ]);
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn an_accepted_body_has_the_same_model_for_serde_json(
        body in prop_oneof![bodies(), bodies().prop_map(|body| format!("{{\"model\":\"a\",\"b\":{body}}}"))],
        length in 1_usize..9,
    ) {
        let scanned = model_in_pieces(body.as_bytes(), length);
        match (serde_json::from_str::<Value>(&body), scanned) {
            (Ok(value), Ok(model)) => prop_assert_eq!(value["model"].as_str(), Some(&*model)),
            // serde_json refuses halves of surrogate pairs and numbers that are too large.
            (Err(error), Ok(_)) => prop_assert!(
                error.to_string().contains("surrogate") || error.to_string().contains("hex escape") || error.to_string().contains("out of range"),
                "{}", error
            ),
            (Ok(value), Err(error)) if value.is_object() => prop_assert!(
                error != BodyError::Malformed && error != BodyError::TooDeep,
                "{:?}", error
            ),
            (_, Err(_)) => {}
        }
    }
}
