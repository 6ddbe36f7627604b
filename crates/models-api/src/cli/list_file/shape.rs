//! Finds the list in the input: an array, or an object that holds one.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::announcement::Announcements;
use super::decoding::BUFFER;
use super::entry::Entries;
use super::{List, ListError, shown};

/// How many fields of an unknown object a message names.
const NAMED: usize = 5;

/// How many bytes of the input one value may have that is held in memory.
const LONGEST_VALUE: usize = 16 << 20;

/// How much has been read since a value began that is held in memory; none while what is read is not kept.
#[derive(Default)]
struct Held(Cell<Option<usize>>);

impl Held {
    /// Reads a value and keeps its text.
    fn keep<T>(&self, read: impl FnOnce() -> T) -> T {
        self.0.set(Some(0));
        let value = read();
        self.0.set(None);
        value
    }
}

/// The input, which ends where a value is too long.
struct Metered<'a, R> {
    input: R,
    held: &'a Held,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        if let Some(held) = self.held.0.get() {
            if held > LONGEST_VALUE {
                let text = "a single value of the input is longer than 16 MiB";
                return Err(io::Error::other(text));
            }
            self.held.0.set(Some(held + count));
        }
        Ok(count)
    }
}

/// Where in an object a list may be. Where there are several, the first of these is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// OpenAI and most others; also the place of a bare array.
    Data,
    /// Ollama, Gemini, Cohere, LM Studio, Codex.
    Models,
    /// Cloudflare.
    Result,
    /// Replicate.
    Results,
    /// Bedrock.
    ModelSummaries,
}

impl Place {
    const ALL: [(&'static str, Self); 5] = [
        ("data", Self::Data),
        ("models", Self::Models),
        ("result", Self::Result),
        ("results", Self::Results),
        ("modelSummaries", Self::ModelSummaries),
    ];

    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(known, place)| (known == name).then_some(place))
    }
}

/// Reads the one JSON value of the input.
pub(super) fn read(input: impl BufRead) -> Result<List, ListError> {
    // The parser takes byte after byte, which is quick from this type of reader alone.
    let held = Held::default();
    let metered = Metered { input, held: &held };
    let input = BufReader::with_capacity(BUFFER, metered);
    let mut deserializer = serde_json::Deserializer::from_reader(input);
    let top = deserializer.deserialize_any(TopVisitor(&held))?;
    if let Err(error) = deserializer.end() {
        return Err(match top {
            Top::Object(object) if object.lists.is_none() && object.id.is_some() => {
                ListError::Lines
            }
            Top::Object(_) | Top::Array(_) | Top::Scalar => error.into(),
        });
    }
    match top {
        Top::Array(entries) => Ok(entries.finish()),
        Top::Object(object) => object.finish(),
        Top::Scalar => Err(ListError::Shape(
            "a list is an array or an object".to_owned(),
        )),
    }
}

enum Top {
    Array(Entries),
    Object(Box<Object>),
    Scalar,
}

/// What is known of the object around a list.
#[derive(Default)]
struct Object {
    lists: Option<(Place, Entries)>,
    /// The name of a field that should hold a list and holds something else; empty for null.
    no_list: Option<&'static str>,
    null_list: bool,
    announcements: Announcements,
    error: Option<String>,
    /// The server says that it failed, and the reason stands elsewhere.
    has_failed: bool,
    message: Option<String>,
    id: Option<String>,
    names: Vec<String>,
}

impl Object {
    fn finish(mut self) -> Result<List, ListError> {
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
            ..entries.finish()
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

    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        name: String,
        map: &mut A,
        held: &Held,
    ) -> Result<(), A::Error> {
        if let Some(place) = Place::named(&name) {
            return self.list(place, map, held);
        }
        let is_of_use = matches!(
            name.as_str(),
            "error" | "errors" | "success" | "message" | "msg" | "detail" | "id"
        );
        if is_of_use || Announcements::concern(&name) {
            let text = held.keep(|| map.next_value::<Box<RawValue>>())?;
            // What only JSON's grammar allows, such as 1e999, says nothing here.
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
                return Err(serde::de::Error::custom(format!("`{name}` is there twice")));
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

/// The message of an error response, if there is one in this field of it.
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

struct TopVisitor<'a>(&'a Held);

impl<'de> Visitor<'de> for TopVisitor<'_> {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of models")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Top, A::Error> {
        let mut entries = Entries::new(Place::Data);
        let entries_of = ArrayVisitor {
            entries: &mut entries,
            held: self.0,
        };
        entries_of.visit_seq(sequence)?;
        Ok(Top::Array(entries))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut object = Box::<Object>::default();
        while let Some(name) = map.next_key()? {
            object.field(name, &mut map, self.0)?;
        }
        Ok(Top::Object(object))
    }

    fn visit_unit<E>(self) -> Result<Top, E> {
        Ok(Top::Scalar)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Top, E> {
        Ok(Top::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Top, E> {
        Ok(Top::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Top, E> {
        Ok(Top::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Top, E> {
        Ok(Top::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Top, E> {
        Ok(Top::Scalar)
    }
}

/// What is where a list should be.
enum Kind {
    Array,
    /// An empty list, as some servers write it.
    Null,
    Other,
}

/// Reads the entries of an array, one after the other.
struct ArrayVisitor<'a> {
    entries: &'a mut Entries,
    held: &'a Held,
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
