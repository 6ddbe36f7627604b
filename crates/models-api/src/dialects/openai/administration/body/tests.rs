use super::*;

/// A type with a field of each kind.
#[derive(Debug, PartialEq, Eq)]
struct Sample {
    required: String,
    optional: Option<Vec<String>>,
    nullable: Option<i64>,
}

impl FromBody for Sample {
    fn from_body(body: &mut Body) -> Result<Self, ApiError> {
        Ok(Self {
            required: body.required("required")?,
            optional: body.optional("optional")?,
            nullable: body.nullable("nullable")?,
        })
    }
}

/// The name and the code of the invalid parameter. Other errors have an empty name.
fn problem(body: &str) -> (String, String) {
    match Body::read::<Sample>(body.as_bytes()) {
        Ok(sample) => panic!("{body} was read: {sample:?}"),
        Err(ApiError::InvalidParameter { name, problem }) => (name, format!("{problem:?}")),
        Err(error) => (String::new(), error.to_string()),
    }
}

#[test]
fn a_body_has_known_fields_of_the_right_types() {
    let body = br#" {"nullable": null, "required": "a", "optional": ["b"]} "#;
    let sample = Sample {
        required: "a".to_owned(),
        optional: Some(vec!["b".to_owned()]),
        nullable: None,
    };
    assert_eq!(Body::read(body), Ok(sample));
}

#[test]
fn an_invalid_body_is_refused_with_the_name_of_the_parameter() {
    for (body, name, problem_start) in [
        ("{}", "required", "Missing"),
        ("", "required", "Missing"),
        (
            r#"{"required":null}"#,
            "required",
            "Type(\"a string\", \"null\")",
        ),
        (r#"{"required":1}"#, "required", "Type"),
        (r#"{"required":"a","optional":null}"#, "optional", "Type"),
        (
            r#"{"required":"a","optional":["a",1]}"#,
            "optional[1]",
            "Type",
        ),
        (r#"{"required":"a","nullable":1.5}"#, "nullable", "Type"),
        (
            r#"{"required":"a","nullable":99999999999999999999}"#,
            "nullable",
            "Type",
        ),
        (r#"{"required":"a","nullable":"1"}"#, "nullable", "Type"),
        (r#"{"required":"a","required":"a"}"#, "required", "Repeated"),
        (r#"{"required":"a","more":1,"more":2}"#, "more", "Repeated"),
        (r#"{"required":"a","Required":1}"#, "Required", "Unknown"),
        ("[]", "", "The body"),
        ("null", "", "The body"),
        ("{", "", "The body"),
        ("{} {}", "", "The body"),
        ("\u{feff}{}", "", "The body"),
    ] {
        let (found, problem) = problem(body);
        assert_eq!(found, name, "{body}");
        assert!(problem.starts_with(problem_start), "{body}: {problem}");
    }
}

#[test]
fn a_body_of_many_values_is_refused_without_holding_them() {
    let many = "1,".repeat(100_000);
    let (name, problem_found) = problem(&format!(r#"{{"required":"a","optional":[{many}1]}}"#));
    assert_eq!(name, "optional[0]");
    assert!(problem_found.starts_with("Type"), "{problem_found}");
    let texts = r#""a","#.repeat(100_000);
    let body = format!(r#"{{"required":"a","optional":[{texts}"a"]}}"#);
    let sample: Sample = Body::read(body.as_bytes()).unwrap();
    assert_eq!(sample.optional.unwrap().len(), 10_001);
    let fields: Vec<_> = (0..100_000)
        .map(|number| format!(r#""{number}":1"#))
        .collect();
    let fields = fields.join(",");
    let (name, problem_found) = problem(&format!(r#"{{{fields},"required":"a"}}"#));
    assert_eq!(
        (name.as_str(), problem_found.as_str()),
        ("required", "Missing")
    );
}

#[test]
fn the_name_of_an_unknown_field_is_escaped_and_shortened() {
    let long = "a".repeat(1_000);
    for name in [
        "a\\nb",
        &long,
        "sk-mdl-0123456789abcdefghijklmnopqrstuvwxyz",
    ] {
        let (found, _) = problem(&format!(r#"{{"required":"a","{name}":1}}"#));
        assert!(found.len() < 100 && !found.contains('\n'), "{found}");
        assert!(!found.contains("0123456789"), "{found}");
    }
}

#[test]
fn a_lifetime_is_at_least_a_second() {
    let now = Timestamp::from_seconds(7);
    assert_eq!(expires_at(now, 1), Ok(Timestamp::from_seconds(8)));
    for seconds in [0, -1, i64::MIN, i64::MAX] {
        assert!(expires_at(now, seconds).is_err(), "{seconds}");
    }
}
