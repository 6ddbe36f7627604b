//! Finds the list in the input: an array, or an object that holds one.

mod announcement;
mod object;

use std::fmt;
use std::io::{BufRead, BufReader};

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use super::decoding::BUFFER;
use super::entry::Entries;
use super::error::ListError;
use super::list::List;
use super::metered::{Held, Metered};
use super::place::Place;
use object::{ArrayVisitor, Object};

/// Reads the input, which is one JSON value. Fails if the value is not a list.
pub(super) fn read(input: impl BufRead) -> Result<List, ListError> {
    // The parser reads single bytes, and only std's `BufReader` makes that fast.
    let held = Held::default();
    let metered = Metered { input, held: &held };
    let input = BufReader::with_capacity(BUFFER, metered);
    let mut deserializer = serde_json::Deserializer::from_reader(input);
    let top = deserializer.deserialize_any(TopVisitor(&held))?;
    if let Err(error) = deserializer.end() {
        return Err(match top {
            Top::Object(object) if object.is_one_model() => ListError::Lines,
            Top::Object(_) | Top::Array(_) | Top::Scalar => error.into(),
        });
    }
    match top {
        Top::Array(entries) => entries.finish(),
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
