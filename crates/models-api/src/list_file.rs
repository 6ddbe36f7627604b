//! The answer of an OpenAI-compatible `GET /v1/models`, kept in a file: a list object, or its bare
//! array.

use std::collections::HashMap;

use models_core::{ImportEntry, Invalid, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// An entry that cannot be imported: which one, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {position}{}: {reason}", id.as_ref().map(|id| format!(" (`{}`)", id.escape_debug())).unwrap_or_default())]
pub struct InvalidEntry {
    /// Its place in the list, from 1.
    pub position: usize,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Deserialize)]
struct ListObject<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
}

/// The entries of the list, each good or not. An error if the text is no list at all.
pub fn parse(text: &str) -> Result<Vec<Result<ImportEntry, InvalidEntry>>, serde_json::Error> {
    let text = text.trim_start_matches('\u{feff}');
    let entries: Vec<&RawValue> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)?
    } else {
        serde_json::from_str::<ListObject<'_>>(text)?.data
    };
    let mut positions = HashMap::new();
    Ok((1..)
        .zip(entries)
        .map(|(position, entry)| check(position, entry, &mut positions))
        .collect())
}

fn check(
    position: usize,
    entry: &RawValue,
    positions: &mut HashMap<String, usize>,
) -> Result<ImportEntry, InvalidEntry> {
    let invalid = |id: Option<&str>, reason| {
        Err(InvalidEntry {
            position,
            id: id.map(str::to_owned),
            reason,
        })
    };
    let value: Value = match serde_json::from_str(entry.get()) {
        Ok(value) => value,
        Err(error) => return invalid(None, error.to_string()),
    };
    let id = value.get("id").and_then(Value::as_str);
    let entry = match import_entry(&value) {
        Ok(entry) => entry,
        Err(reason) => return invalid(id, reason),
    };
    match positions.insert(entry.id.to_string(), position) {
        None => Ok(entry),
        Some(first) => {
            positions.insert(entry.id.to_string(), first);
            invalid(id, format!("entry {first} has the same id"))
        }
    }
}

/// Fields that are not ours are ignored. Null is the same as absent.
fn import_entry(value: &Value) -> Result<ImportEntry, String> {
    if !value.is_object() {
        return Err("must be an object".to_owned());
    }
    let id = text_field(value, "id")?.ok_or("`id` is missing")?;
    Ok(ImportEntry {
        id: id.parse().map_err(|error: Invalid| error.to_string())?,
        created: created(value)?,
        owned_by: parsed_field(value, "owned_by")?,
        shutdown_date: parsed_field(value, "shutdown_date")?,
    })
}

fn created(value: &Value) -> Result<Option<Timestamp>, String> {
    let refused = "`created` must be whole Unix seconds from 0 to 4294967295";
    let created = &value["created"];
    if created.is_null() {
        return Ok(None);
    }
    let seconds = created.as_i64().ok_or(refused)?;
    Timestamp::try_from(seconds)
        .map(Some)
        .map_err(|_| refused.to_owned())
}

fn parsed_field<T: std::str::FromStr<Err = Invalid>>(
    value: &Value,
    field: &str,
) -> Result<Option<T>, String> {
    let text = text_field(value, field)?;
    text.map(|text| text.parse().map_err(|error| format!("`{field}`: {error}")))
        .transpose()
}

fn text_field<'a>(value: &'a Value, field: &str) -> Result<Option<&'a str>, String> {
    match &value[field] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(format!("`{field}` must be a string"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(text: &str) -> Vec<String> {
        parse(text)
            .unwrap()
            .into_iter()
            .filter_map(|entry| entry.err().map(|error| error.to_string()))
            .collect()
    }

    #[test]
    fn a_list_object_and_a_bare_array_are_the_same() {
        let entry = r#"{"id":"a","object":"model","created":1,"owned_by":"b","context_length":5,"pricing":{"x":[1.5]}}"#;
        let list = parse(&format!(
            "{{\"object\":\"list\",\"data\":[{entry}],\"more\":1}}"
        ))
        .unwrap();
        assert_eq!(list, parse(&format!("\u{feff} [{entry}]")).unwrap());
        let entry = list[0].as_ref().unwrap();
        assert_eq!(
            (entry.id.as_str(), entry.created),
            ("a", Some(Timestamp::from_seconds(1)))
        );
    }

    #[test]
    fn what_is_not_said_is_left_open() {
        let list =
            parse(r#"[{"id":"a"},{"id":"b","created":null,"owned_by":null,"shutdown_date":null}]"#)
                .unwrap();
        for entry in list {
            let entry = entry.unwrap();
            assert_eq!((entry.created, entry.owned_by), (None, None));
        }
    }

    #[test]
    fn a_bad_entry_is_named_by_its_position_and_id() {
        let text = r#"[{"id":"ok"},{"id":""},{"object":"model"},7,{"id":5},{"id":"f","created":1.5},{"id":"g","created":-1},
            {"id":"h","created":4294967296},{"id":"i","owned_by":""},{"id":"j","shutdown_date":"soon"},{"id":"a\nb"}]"#;
        assert_eq!(
            reasons(text),
            [
                "entry 2 (``): a model id must not be empty",
                "entry 3: `id` is missing",
                "entry 4: must be an object",
                "entry 5: `id` must be a string",
                "entry 6 (`f`): `created` must be whole Unix seconds from 0 to 4294967295",
                "entry 7 (`g`): `created` must be whole Unix seconds from 0 to 4294967295",
                "entry 8 (`h`): `created` must be whole Unix seconds from 0 to 4294967295",
                "entry 9 (`i`): `owned_by`: a name must not be empty",
                "entry 10 (`j`): `shutdown_date`: a shutdown date must be a day written YYYY-MM-DD",
                "entry 11 (`a\\nb`): a model id must not hold control characters",
            ],
        );
    }

    #[test]
    fn an_id_that_comes_twice_is_refused_where_it_comes_again() {
        let text = r#"[{"id":"a"},{"id":"b"},{"id":"a"},{"id":"a"}]"#;
        assert_eq!(
            reasons(text),
            [
                "entry 3 (`a`): entry 1 has the same id",
                "entry 4 (`a`): entry 1 has the same id"
            ]
        );
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for text in [
            "",
            "{}",
            "5",
            "{\"data\":{}}",
            "[{]",
            "{\"error\":{\"message\":\"no\"}}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
