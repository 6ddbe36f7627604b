//! The part of JSON Schema that the document uses. An unknown keyword fails the test. A library would bring thirty crates.

use serde_json::{Value, json};

use super::document::{keys, resolve};

/// Checks that the value matches the schema.
pub fn check(schema: &'static Value, value: &Value) -> Result<(), String> {
    let schema = resolve(schema);
    for (keyword, expected) in schema.as_object().unwrap() {
        let is_met = match keyword.as_str() {
            "description" => true,
            "oneOf" => {
                let all = expected.as_array().unwrap().iter();
                all.filter(|schema| check(schema, value).is_ok()).count() == 1
            }
            "type" => has_type(expected, value),
            "enum" => expected.as_array().unwrap().contains(value),
            "minimum" => value.as_f64() >= expected.as_f64(),
            "maximum" => value.as_f64() <= expected.as_f64(),
            "format" => has_format(expected.as_str().unwrap(), value),
            "required" => {
                let names = expected.as_array().unwrap();
                names
                    .iter()
                    .all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "additionalProperties" if expected.is_object() => {
                assert_eq!(*expected, json!({}), "any other properties");
                true
            }
            "additionalProperties" => {
                assert_eq!(expected, false);
                keys(value).all(|name| schema["properties"].get(name).is_some())
            }
            "properties" => {
                for (name, schema) in expected.as_object().unwrap() {
                    let property = value.get(name);
                    property.map_or(Ok(()), |property| {
                        check(schema, property).map_err(|reason| format!("{name}: {reason}"))
                    })?;
                }
                true
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    check(expected, item)?;
                }
                true
            }
            _ => panic!("the keyword {keyword} is not known"),
        };
        if !is_met {
            return Err(format!("{value} does not match {keyword} {expected}"));
        }
    }
    Ok(())
}

fn has_type(expected: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known"),
    };
    expected
        .as_array()
        .map_or_else(|| is(expected), |names| names.iter().any(is))
}

/// Checks the format of a value. A format constrains only values of its type.
fn has_format(format: &str, value: &Value) -> bool {
    match (format, value) {
        ("int64", value) => !value.is_number() || value.is_i64(),
        ("date", Value::String(date)) => date.parse::<models_core::ShutdownDate>().is_ok(),
        ("date", _) => true,
        _ => panic!("the format {format} is not known"),
    }
}
