//! The values of a body's fields.

use std::fmt;

use models_core::Policy;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The most items of an array that are read: one more than any array may have.
const MOST_ITEMS: usize = Policy::MOST_ENTRIES + 1;

/// The value of a field. Only the values that some field can have are held, so that a body takes little more memory than
/// its text.
pub(crate) enum Value {
    Text(String),
    Boolean(bool),
    Integer(i64),
    Texts(Vec<String>),
    /// An array whose first item that is not a text is at this place, and is this.
    Mixed(usize, &'static str),
    /// A value that no field can have.
    Other(&'static str),
}

impl Value {
    pub(super) const NULL: &str = "null";

    /// What the value is, for errors.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "another number",
            Self::Texts(_) | Self::Mixed(..) => "an array",
            Self::Other(kind) => kind,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Other(Self::NULL))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Json)
    }
}

struct Json;

impl<'de> Visitor<'de> for Json {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other(Value::NULL))
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value::Boolean(boolean))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(Value::Integer(integer))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        let integer = i64::try_from(integer).map(Value::Integer);
        Ok(integer.unwrap_or(Value::Other("another number")))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other("another number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut texts = vec![];
        let mut mixed = None;
        while mixed.is_none() && texts.len() < MOST_ITEMS {
            match items.next_element()? {
                None => return Ok(Value::Texts(texts)),
                Some(Value::Text(text)) => texts.push(text),
                Some(other) => mixed = Some(Value::Mixed(texts.len(), other.kind())),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(mixed.unwrap_or(Value::Texts(texts)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other("an object"))
    }
}
