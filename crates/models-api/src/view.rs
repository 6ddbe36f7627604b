//! What one set of models looks like on the wire, rendered once: the list is a buffer, a model is a
//! slice of it.

use std::hash::BuildHasher;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use models_core::{Model, RepositoryError};

use crate::cache::Weighed;
use crate::list::List;
use crate::objects::ModelObject;
use crate::representation::{Representation, write_etag};

const BEGIN: &[u8] = br#"{"object":"list","data":["#;
const END: &[u8] = b"]}";
/// How each model object begins, before the characters of its id.
const BEFORE_ID: usize = br#"{"id":""#.len();
/// The length of a validator, with its quotes.
const ETAG: usize = 34;

/// All models that some callers may see.
pub(crate) struct View {
    list: List,
    /// Where each model's object begins in the list; it ends one byte before the next.
    starts: Box<[u32]>,
    /// The objects' validators, one after the other.
    etags: Bytes,
    /// From a model's id, as it is in the list, to its place among the objects.
    index: HashTable<u32>,
    hasher: RandomState,
    /// The token of the newest change that is in it.
    revision: HeaderValue,
    /// All who see only public models have this one.
    is_shared: bool,
}

impl View {
    /// Renders models in this order, each of another id.
    pub(crate) fn new(
        models: &[Model],
        revision: &HeaderValue,
        is_shared: bool,
    ) -> Result<Self, RepositoryError> {
        let mut buffer = BEGIN.to_vec();
        let mut starts = Vec::with_capacity(models.len() + 1);
        let mut etags = Vec::with_capacity(models.len() * ETAG);
        for model in models {
            starts.push(offset(&buffer)?);
            serde_json::to_writer(&mut buffer, &ModelObject::from(model))
                .map_err(|error| RepositoryError::Failed(error.into()))?;
            let start = usize::try_from(*starts.last().unwrap_or(&0)).unwrap_or(0);
            write_etag(&buffer[start..], &mut etags);
            buffer.push(b',');
        }
        starts.push(offset(&buffer)?);
        if !models.is_empty() {
            buffer.pop();
        }
        buffer.extend_from_slice(END);
        // All in one piece of memory: a request counts itself among those who use it, and of many tenants
        // each place that is looked at is far away. As long as it is, and no longer: shrinking gives little back.
        let mut parts = Bytes::from([&buffer, &etags, revision.as_bytes()].concat());
        let list = List::new(parts.split_to(buffer.len()))?;
        let etags = parts.split_to(etags.len());
        let revision = HeaderValue::from_maybe_shared(parts)
            .map_err(|error| RepositoryError::Failed(error.into()))?;
        let mut view = Self {
            list,
            starts: starts.into(),
            etags,
            index: HashTable::with_capacity(models.len()),
            hasher: RandomState::default(),
            revision,
            is_shared,
        };
        view.fill_index();
        Ok(view)
    }

    fn fill_index(&mut self) {
        let mut index = std::mem::take(&mut self.index);
        let count = u32::try_from(self.starts.len() - 1).unwrap_or(0);
        for place in 0..count {
            let hash = self.hasher.hash_one(self.id(place));
            index.insert_unique(hash, place, |other| self.hasher.hash_one(self.id(*other)));
        }
        self.index = index;
    }

    /// The list object.
    pub(crate) fn list(&self) -> &List {
        &self.list
    }

    /// The token of the newest change that is in it.
    pub(crate) fn revision(&self) -> HeaderValue {
        self.revision.clone()
    }

    /// The object of this model, if it is in the list.
    pub(crate) fn model(&self, id: &str) -> Option<Representation> {
        let escaped;
        let id = if is_plain(id) {
            id.as_bytes()
        } else {
            escaped = serde_json::to_string(id).ok()?;
            &escaped.as_bytes()[1..escaped.len() - 1]
        };
        let hash = self.hasher.hash_one(id);
        let place = self.index.find(hash, |place| self.id(*place) == id)?;
        let place = usize::try_from(*place).ok()?;
        let body = self.bytes().slice(self.start(place)..self.end(place));
        let etag = self.etags.slice(place * ETAG..(place + 1) * ETAG);
        let etag = HeaderValue::from_maybe_shared(etag).ok()?;
        Some(Representation {
            body,
            etag,
            coding: None,
        })
    }

    fn bytes(&self) -> &Bytes {
        &self.list.plain().body
    }

    fn start(&self, place: usize) -> usize {
        usize::try_from(self.starts[place]).unwrap_or(usize::MAX)
    }

    fn end(&self, place: usize) -> usize {
        self.start(place + 1) - 1
    }

    /// The id of the model at this place, with JSON's escapes.
    fn id(&self, place: u32) -> &[u8] {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let object = &self.bytes()[self.start(place) + BEFORE_ID..self.end(place)];
        let mut is_escaped = false;
        let length = object.iter().position(|byte| {
            let ends = *byte == b'"' && !is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            ends
        });
        &object[..length.unwrap_or(object.len())]
    }
}

impl Weighed for View {
    /// One that many share weighs nothing in the hands of each: there is only one of them.
    fn weight(&self) -> usize {
        if self.is_shared {
            return 0;
        }
        let index = self.index.capacity() * (size_of::<u32>() + 1);
        size_of::<Self>() + self.list.weight() + self.etags.len() + self.starts.len() * 4 + index
    }
}

fn offset(buffer: &[u8]) -> Result<u32, RepositoryError> {
    u32::try_from(buffer.len())
        .map_err(|_| RepositoryError::Failed("a list of 4 GiB cannot be shown".into()))
}

/// Whether JSON writes it as it is.
fn is_plain(text: &str) -> bool {
    let is_escaped = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
    // To look at every byte is quicker than to stop early.
    text.bytes()
        .fold(0, |escaped, byte| escaped | u8::from(is_escaped(byte)))
        == 0
}

#[cfg(test)]
mod tests {
    use models_core::{Scope, Timestamp};
    use proptest::prelude::*;

    use super::*;

    fn model(id: &str) -> Model {
        Model {
            id: id.parse().unwrap(),
            scope: Scope::Public,
            created: Timestamp::from_seconds(7),
            owned_by: "some\"one".parse().unwrap(),
            shutdown_date: None,
        }
    }

    fn assert_is_right(ids: &[&str], missing: &str) {
        let models: Vec<Model> = ids.iter().map(|id| model(id)).collect();
        let view = View::new(&models, &HeaderValue::from_static("1"), false).unwrap();
        let objects = models.iter().map(ModelObject::from);
        let objects: Vec<_> = objects
            .map(|object| serde_json::to_string(&object).unwrap())
            .collect();
        let list = format!(r#"{{"object":"list","data":[{}]}}"#, objects.join(","));
        assert_eq!(view.list().plain().body, list);
        for model in &models {
            let shown = view.model(model.id.as_str()).unwrap();
            let object = serde_json::to_vec(&ModelObject::from(model)).unwrap();
            assert_eq!(shown.body, object);
            assert_eq!(shown.etag, Representation::new(shown.body).unwrap().etag);
        }
        assert!(view.model(missing).is_none());
    }

    #[test]
    fn the_list_and_its_slices_are_what_serde_renders() {
        assert_is_right(&[], "a");
        assert_is_right(&["a"], "b");
        assert_is_right(
            &["a\"", "a\\", "a\\\"", "a", "模型/é", "</script>"],
            "a\\\\",
        );
    }

    proptest! {
        #[test]
        fn every_id_is_found_and_no_other(ids in proptest::collection::btree_set("[ab\"\\\\/é]{1,5}", 0..40), other in "[ab\"\\\\/é]{6}") {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            assert_is_right(&ids, &other);
        }
    }
}
