//! The body of a request: a JSON object with known fields.

mod value;

use std::collections::HashSet;
use std::time::Duration;

use models_core::{Entered, FieldUpdate, Invalid, Name, Outside, Scopes, Timestamp};
use models_node::use_cases::keys::{InvalidLifetime, expiry};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use self::value::Value;

use crate::dialects::openai::error::ApiError;
use crate::dialects::openai::error::parameter::ParameterProblem;

/// The most fields of a body that are read. No body may have as many.
const MOST_FIELDS: usize = 16;

/// The longest name of an unknown field in an error, in characters.
const LONGEST_NAME: usize = 64;

/// A type that is read from a body.
pub(crate) trait FromBody: Sized {
    /// Takes the fields of the type out of the body.
    fn from_body(body: &mut Body) -> Result<Self, ApiError>;
}

/// The fields of a body that have not been read.
pub(crate) struct Body(Vec<(String, Value)>);

impl Body {
    /// Reads a body that has only the fields of `T`, each at most once. An empty body has no fields.
    pub(crate) fn read<T: FromBody>(bytes: &[u8]) -> Result<T, ApiError> {
        let mut body = Self::parse(bytes)?;
        let read = T::from_body(&mut body)?;
        match body.0.first() {
            None => Ok(read),
            Some((name, _)) => Err(invalid(shown(name), ParameterProblem::Unknown)),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self(vec![]));
        }
        let body: Self = serde_json::from_slice(bytes)
            .map_err(|_| ApiError::BadRequest("The body of the request must be a JSON object."))?;
        let mut names = HashSet::new();
        let repeated = body.0.iter().find(|(name, _)| !names.insert(name));
        match repeated {
            None => Ok(body),
            Some((name, _)) => Err(invalid(shown(name), ParameterProblem::Repeated)),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let place = self.0.iter().position(|(other, _)| other == name)?;
        Some(self.0.remove(place).1)
    }

    /// Takes a field that must be present.
    pub(crate) fn required<T: FromJson>(&mut self, name: &'static str) -> Result<T, ApiError> {
        let value = self.take(name);
        let value = value.ok_or_else(|| invalid(name, ParameterProblem::Missing))?;
        T::from_json(name, value)
    }

    /// Takes a field that may be absent, and may not be null.
    pub(crate) fn optional<T: FromJson>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let value = self.take(name);
        value.map(|value| T::from_json(name, value)).transpose()
    }

    /// Takes a field that may be absent or null.
    pub(crate) fn nullable<T: FromJson>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, ApiError> {
        let value = self.take(name).filter(|value| !value.is_null());
        value.map(|value| T::from_json(name, value)).transpose()
    }

    /// Takes a field that may be absent or null, and tells the two apart.
    pub(crate) fn update<T: FromJson>(
        &mut self,
        name: &'static str,
    ) -> Result<FieldUpdate<T>, ApiError> {
        match self.take(name) {
            None => Ok(FieldUpdate::Keep),
            Some(value) if value.is_null() => Ok(FieldUpdate::Remove),
            Some(value) => T::from_json(name, value).map(FieldUpdate::Set),
        }
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Body;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
                let mut fields = vec![];
                while fields.len() < MOST_FIELDS {
                    match map.next_entry()? {
                        Some(field) => fields.push(field),
                        None => return Ok(Body(fields)),
                    }
                }
                // At least one of the fields is unknown or repeated.
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Body(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// A type of JSON values.
pub(crate) trait FromJson: Sized {
    /// Converts the value of the field with this name.
    fn from_json(name: &str, value: Value) -> Result<Self, ApiError>;
}

impl FromJson for String {
    fn from_json(name: &str, value: Value) -> Result<Self, ApiError> {
        let Value::Text(text) = value else {
            return Err(wrong_type(name, "a string", value.kind()));
        };
        Ok(text)
    }
}

impl FromJson for bool {
    fn from_json(name: &str, value: Value) -> Result<Self, ApiError> {
        let Value::Boolean(boolean) = value else {
            return Err(wrong_type(name, "a boolean", value.kind()));
        };
        Ok(boolean)
    }
}

impl FromJson for i64 {
    fn from_json(name: &str, value: Value) -> Result<Self, ApiError> {
        let Value::Integer(integer) = value else {
            return Err(wrong_type(name, "an integer", value.kind()));
        };
        Ok(integer)
    }
}

impl FromJson for Vec<String> {
    fn from_json(name: &str, value: Value) -> Result<Self, ApiError> {
        match value {
            Value::Texts(texts) => Ok(texts),
            Value::Mixed(place, kind) => {
                Err(wrong_type(&format!("{name}[{place}]"), "a string", kind))
            }
            Value::Text(_) | Value::Boolean(_) | Value::Integer(_) | Value::Other(_) => {
                Err(wrong_type(name, "an array of strings", value.kind()))
            }
        }
    }
}

fn wrong_type(name: &str, expected: &'static str, found: &'static str) -> ApiError {
    invalid(name, ParameterProblem::Type(expected, found))
}

fn shown(name: &str) -> String {
    Outside::new(name).at_most(LONGEST_NAME).to_string()
}

/// The error for a parameter.
pub(crate) fn invalid(name: impl Into<String>, problem: ParameterProblem) -> ApiError {
    let name = name.into();
    ApiError::InvalidParameter { name, problem }
}

/// The error for a value that a type of the core refuses.
pub(crate) fn refused(name: impl Into<String>, invalid_value: &Invalid) -> ApiError {
    let reason = invalid_value.reason().to_owned();
    invalid(name, ParameterProblem::Value(reason.into()))
}

/// The error for a value that is not allowed. The reason begins with `must`.
pub(crate) fn must(name: &'static str, reason: &'static str) -> ApiError {
    invalid(name, ParameterProblem::Value(reason.into()))
}

/// Checks a display name.
pub(crate) fn display_name(text: &str) -> Result<Entered<Name>, ApiError> {
    text.parse().map_err(|error| refused("name", &error))
}

/// Checks scopes.
pub(crate) fn scopes(scopes: Vec<String>) -> Result<Option<Scopes>, ApiError> {
    Scopes::new(scopes).map_err(|error| refused("scopes", &error))
}

/// The expiry of a key that lives for this number of seconds from now.
pub(crate) fn expires_at(now: Timestamp, seconds: i64) -> Result<Timestamp, ApiError> {
    let lifetime = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    expiry(now, lifetime).map_err(|error| {
        let reason = match error {
            InvalidLifetime::TooShort => "must be at least 1",
            InvalidLifetime::TooLong => "must end before 7 February 2106",
        };
        must("expires_in_seconds", reason)
    })
}

#[cfg(test)]
mod tests;
