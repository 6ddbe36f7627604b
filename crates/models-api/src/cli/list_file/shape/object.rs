//! The object around a list.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::announcement::Announcements;
use crate::cli::list_file::entry::Entries;
use crate::cli::list_file::error::ListError;
use crate::cli::list_file::list::List;
use crate::cli::list_file::metered::Held;
use crate::cli::list_file::place::Place;
use crate::cli::list_file::text::shown;

/// A message names at most this many fields of an unknown object.
const NAMED: usize = 5;

/// The fields of the object around a list.
#[derive(Default)]
pub(super) struct Object {
    lists: Option<(Place, Entries)>,
    /// The name of a field that must hold a list and holds another value.
    no_list: Option<&'static str>,
    /// Whether a field that must hold a list is null.
    null_list: bool,
    announcements: Announcements,
    error: Option<String>,
    /// Whether a field says that the server failed. The reason is in another field.
    has_failed: bool,
    message: Option<String>,
    id: Option<String>,
    names: Vec<String>,
}

impl Object {
    /// Whether the object has an id and no list.
    pub(super) fn is_one_model(&self) -> bool {
        self.lists.is_none() && self.id.is_some()
    }

    /// Returns the list, or the reason why the object has none.
    pub(super) fn finish(mut self) -> Result<List, ListError> {
        let error = self.error.take().or_else(|| {
            let no_message = || "no message".to_owned();
            self.has_failed
                .then(|| self.message.take().unwrap_or_else(no_message))
        });
        let entries = match (self.lists.take(), error) {
            (Some((_, entries)), None) => entries,
            (Some((_, entries)), Some(_)) if entries.count() > 0 => entries,
            (_, Some(error)) => return Err(ListError::Upstream(error)),
            (None, None) if self.null_list && self.no_list.is_none() => match self.message.take() {
                Some(message) => return Err(ListError::Upstream(message)),
                None => Entries::new(Place::Data),
            },
            (None, None) => return Err(self.unknown()),
        };
        let further_pages = self.announcements.beyond(entries.count());
        Ok(List {
            further_pages,
            ..entries.finish()?
        })
    }

    fn unknown(self) -> ListError {
        if let Some(name) = self.no_list {
            return ListError::Shape(format!("`{name}` must be an array"));
        }
        if let Some(id) = self.id {
            return ListError::Model(id);
        }
        if let Some(message) = self.message {
            return ListError::Upstream(message);
        }
        let names: Vec<String> = self
            .names
            .iter()
            .map(|name| format!("`{}`", shown(name)))
            .collect();
        ListError::Shape(match names.as_slice() {
            [] => "the object is empty".to_owned(),
            names => format!(
                "the object has none of `data`, `models` and `result`; it has {}",
                names.join(", ")
            ),
        })
    }

    /// Reads one field.
    pub(super) fn field<'de, A: MapAccess<'de>>(
        &mut self,
        name: String,
        map: &mut A,
        held: &Held,
    ) -> Result<(), A::Error> {
        if let Some(place) = Place::named(&name) {
            return self.list(place, map, held);
        }
        let is_known = matches!(
            name.as_str(),
            "error" | "errors" | "success" | "message" | "msg" | "detail" | "id"
        );
        if is_known || Announcements::concern(&name) {
            let text = held.keep(|| map.next_value::<Box<RawValue>>())?;
            // A value that only JSON's grammar allows, such as 1e999, has no meaning here.
            let value: Value = serde_json::from_str(text.get()).unwrap_or_default();
            match name.as_str() {
                "error" | "errors" => {
                    self.has_failed |= value == Value::Bool(true);
                    self.error = self.error.take().or_else(|| message(&value));
                }
                "success" => self.has_failed |= value == Value::Bool(false),
                "message" | "msg" | "detail" => {
                    self.message = self.message.take().or_else(|| message(&value));
                }
                "id" => self.id = value.as_str().map(str::to_owned),
                _ => self.announcements.add(&name, &value),
            }
        } else {
            map.next_value::<IgnoredAny>()?;
        }
        if self.names.len() < NAMED {
            self.names.push(name);
        }
        Ok(())
    }

    fn list<'de, A: MapAccess<'de>>(
        &mut self,
        place: Place,
        map: &mut A,
        held: &Held,
    ) -> Result<(), A::Error> {
        let name = Place::ALL[place as usize].0;
        let better = match &self.lists {
            Some((there, _)) if *there == place => {
                return Err(serde::de::Error::custom(format!("`{name}` appears twice")));
            }
            Some((there, _)) => place < *there,
            None => true,
        };
        if !better {
            return map.next_value::<IgnoredAny>().map(|_| ());
        }
        let mut entries = Entries::new(place);
        let entries_of = ArrayVisitor {
            entries: &mut entries,
            held,
        };
        match map.next_value_seed(entries_of)? {
            Kind::Array => self.lists = Some((place, entries)),
            Kind::Null => self.null_list = true,
            Kind::Other => {
                self.no_list.get_or_insert(name);
            }
        }
        Ok(())
    }
}

/// Returns the message in this field of an error response, if it has one.
fn message(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Array(values) => values.first().and_then(message),
        Value::Object(fields) if !fields.is_empty() => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            let message = text("message")
                .or_else(|| text("msg"))
                .unwrap_or("no message");
            let kind = text("code")
                .or_else(|| text("status"))
                .or_else(|| text("type"));
            Some(match kind {
                Some(kind) => format!("{message} ({kind})"),
                None => message.to_owned(),
            })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            None
        }
    }
}

/// The kind of value in a field that must hold a list.
pub(super) enum Kind {
    Array,
    /// Some servers write null for an empty list.
    Null,
    Other,
}

/// Reads the entries of an array, one at a time.
pub(super) struct ArrayVisitor<'a> {
    pub(super) entries: &'a mut Entries,
    pub(super) held: &'a Held,
}

impl<'de> DeserializeSeed<'de> for ArrayVisitor<'_> {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ArrayVisitor<'_> {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Kind, A::Error> {
        let mut next = || self.held.keep(|| sequence.next_element::<Box<RawValue>>());
        while let Some(entry) = next()? {
            self.entries.add(entry.get());
        }
        Ok(Kind::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Kind::Other)
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Kind, E> {
        Ok(Kind::Other)
    }
}
