//! What one set of models looks like on the wire, rendered once: the list is a buffer, a model is a
//! slice of it. The public models are slices of a view that all who see them have in common: there is one
//! of it, which is often asked for, and so near at hand.

use std::hash::BuildHasher;
use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use models_core::{Model, RepositoryError, Revision, Scope};
use models_node::Newest;

use crate::dialects::openai::list::List;
use crate::dialects::openai::objects::ModelObject;
use crate::http::representation::{Representation, write_etag};

const BEGIN: &[u8] = br#"{"object":"list","data":["#;
const END: &[u8] = b"]}";
/// How each model object begins, before the characters of its id.
const BEFORE_ID: usize = br#"{"id":""#.len();
/// The length of a validator, with its quotes.
const ETAG: usize = 34;

/// All models that some callers may see.
pub struct View {
    list: List,
    /// From where to where the objects are in the list, but for those that `public` has.
    places: Box<[(u32, u32)]>,
    /// The objects' validators, one after the other.
    etags: Bytes,
    /// From a model's id, as it is in the list, to its number among the places.
    index: HashTable<u32>,
    hasher: RandomState,
    newest: Revision,
    /// What callers are told of that.
    token: HeaderValue,
    /// Has all the other models, and no more.
    public: Option<Arc<Self>>,
    is_shared: bool,
}

impl View {
    /// The list object.
    pub(crate) fn list(&self) -> &List {
        &self.list
    }

    /// The token of the newest change that is in it.
    pub(crate) fn revision(&self) -> HeaderValue {
        self.token.clone()
    }

    /// The object of this model, if it is in the list.
    pub(crate) fn model(&self, id: &str) -> Option<Representation> {
        let (view, number) = self.find(id)?;
        let body = view.bytes().slice(range(*view.places.get(number)?));
        let etag = view.etags.slice(number * ETAG..(number + 1) * ETAG);
        let etag = HeaderValue::from_maybe_shared(etag).ok()?;
        Some(Representation {
            body,
            etag,
            coding: None,
        })
    }

    /// With the list, the validators of as many objects as there are places, and the token. The index is empty.
    fn of_parts(
        parts: Vec<u8>,
        list: usize,
        places: Vec<(u32, u32)>,
        newest: &Newest,
        public: Option<Arc<Self>>,
    ) -> Result<Self, RepositoryError> {
        let mut parts = Bytes::from(parts);
        let list = List::new(parts.split_to(list))?;
        let etags = parts.split_to(places.len() * ETAG);
        let token = HeaderValue::from_maybe_shared(parts)
            .map_err(|error| RepositoryError::Failed(error.into()))?;
        let hasher = public.as_ref().map(|public| public.hasher.clone());
        Ok(Self {
            list,
            index: HashTable::new(),
            places: places.into(),
            etags,
            hasher: hasher.unwrap_or_default(),
            newest: newest.revision,
            token,
            public,
            is_shared: false,
        })
    }

    fn fill_index(&mut self) {
        let mut index = HashTable::with_capacity(self.places.len());
        let count = u32::try_from(self.places.len()).unwrap_or(0);
        for number in 0..count {
            let hash = self.hasher.hash_one(self.id(number));
            index.insert_unique(hash, number, |other| self.hasher.hash_one(self.id(*other)));
        }
        self.index = index;
    }

    fn object(&self, id: &str) -> Option<&[u8]> {
        let (view, number) = self.find(id)?;
        Some(&view.bytes()[range(*view.places.get(number)?)])
    }

    /// The view that has the model's object, and its number there.
    fn find(&self, id: &str) -> Option<(&Self, usize)> {
        let escaped;
        let id = if is_plain(id) {
            id.as_bytes()
        } else {
            escaped = serde_json::to_string(id).ok()?;
            &escaped.as_bytes()[1..escaped.len() - 1]
        };
        let hash = self.hasher.hash_one(id);
        let found = [Some(self), self.public.as_deref()]
            .into_iter()
            .flatten()
            .find_map(|view| {
                let number = view.index.find(hash, |number| view.id(*number) == id)?;
                Some((view, *number))
            });
        let (view, number) = found?;
        Some((view, size(number)))
    }

    fn bytes(&self) -> &Bytes {
        &self.list.plain().body
    }

    /// The id of the model at this place, with JSON's escapes.
    fn id(&self, number: u32) -> &[u8] {
        let place = self.places[size(number)];
        let object = &self.bytes()[range(place)][BEFORE_ID..];
        let mut is_escaped = false;
        let length = object.iter().position(|byte| {
            let ends = *byte == b'"' && !is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            ends
        });
        &object[..length.unwrap_or(object.len())]
    }
}

impl models_node::View for View {
    fn new<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
        public: Option<Arc<Self>>,
    ) -> Result<Self, RepositoryError> {
        let mut buffer = BEGIN.to_vec();
        let (mut places, mut etags) = (vec![], vec![]);
        for model in models {
            if buffer.len() > BEGIN.len() {
                buffer.push(b',');
            }
            let shared = public.as_ref().filter(|_| model.scope == Scope::Public);
            if let Some(object) = shared.and_then(|public| public.object(model.id.as_str())) {
                buffer.extend_from_slice(object);
                continue;
            }
            let start = buffer.len();
            render(model, &mut buffer)?;
            write_etag(&buffer[start..], &mut etags);
            places.push((offset(start)?, offset(buffer.len())?));
        }
        buffer.extend_from_slice(END);
        // All in one piece of memory: a request counts itself among those who use it, and of many tenants
        // each place that is looked at is far away. As long as it is, and no longer: shrinking gives little back.
        let parts = [&buffer, &etags, newest.token.as_bytes()].concat();
        let mut view = Self::of_parts(parts, buffer.len(), places, newest, public)?;
        view.fill_index();
        Ok(view)
    }

    fn shared<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
    ) -> Result<Self, RepositoryError> {
        let mut view = Self::new(models, newest, None)?;
        view.is_shared = true;
        Ok(view)
    }

    fn shows_just<'a>(&self, models: impl Iterator<Item = &'a Model>) -> bool {
        let mut places = self.places.iter();
        let mut object = vec![];
        for model in models {
            object.clear();
            let is_rendered = render(model, &mut object).is_ok();
            let place = places.next().filter(|_| is_rendered);
            if place.is_none_or(|place| self.bytes()[range(*place)] != object[..]) {
                return false;
            }
        }
        places.next().is_none()
    }

    /// The same when the organization's own models of these ids have been deleted. `None` where that cannot be
    /// told from it: where one is not there, and where one may hide a public model, which is shown then.
    fn without(&self, ids: &[&str], newest: &Newest) -> Option<Self> {
        let public = self.public.clone()?;
        let own = |id: &&str| {
            let (view, number) = self.find(id)?;
            std::ptr::eq(view, self).then_some(number)
        };
        let mut gone: Vec<usize> = ids.iter().map(own).collect::<Option<_>>()?;
        gone.sort_unstable();
        gone.dedup();
        let mut list = Vec::with_capacity(
            self.bytes().len() + self.etags.len() + newest.token.as_bytes().len(),
        );
        let mut etags = Vec::with_capacity(self.etags.len());
        let mut places = Vec::with_capacity(self.places.len());
        // The first byte and the first place that are not copied yet.
        let (mut byte, mut number) = (0, 0);
        for next in gone.iter().copied().chain([self.places.len()]) {
            let moved = offset(byte - list.len()).ok()?;
            let kept = self.places[number..next].iter();
            places.extend(kept.map(|(from, to)| (from - moved, to - moved)));
            etags.extend_from_slice(&self.etags[number * ETAG..next * ETAG]);
            let Some(place) = self.places.get(next) else {
                break;
            };
            let cut = range(*place);
            list.extend_from_slice(&self.bytes()[byte..cut.start]);
            (byte, number) = (cut.end, next + 1);
            // One of the commas beside it goes too.
            if list.last() == Some(&b',') {
                list.pop();
            } else if self.bytes()[byte] == b',' {
                byte += 1;
            }
        }
        list.extend_from_slice(&self.bytes()[byte..]);
        let (length, mut parts) = (list.len(), list);
        parts.extend_from_slice(&etags);
        parts.extend_from_slice(newest.token.as_bytes());
        let mut index = self.index.clone();
        index.retain(|number| match gone.binary_search(&size(*number)) {
            Ok(_) => false,
            Err(before) => {
                *number -= offset(before).unwrap_or(0);
                true
            }
        });
        let view = Self::of_parts(parts, length, places, newest, Some(public)).ok()?;
        Some(Self { index, ..view })
    }

    fn newest(&self) -> Revision {
        self.newest
    }

    fn weight(&self) -> usize {
        if self.is_shared {
            return 0;
        }
        let index = self.index.capacity() * (size_of::<u32>() + 1);
        let places = size_of_val(&*self.places);
        size_of::<Self>() + self.list.weight() + self.etags.len() + places + index
    }
}

fn render(model: &Model, buffer: &mut Vec<u8>) -> Result<(), RepositoryError> {
    serde_json::to_writer(buffer, &ModelObject::from(model))
        .map_err(|error| RepositoryError::Failed(error.into()))
}

fn range((from, to): (u32, u32)) -> std::ops::Range<usize> {
    size(from)..size(to)
}

fn size(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn offset(length: usize) -> Result<u32, RepositoryError> {
    u32::try_from(length)
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
mod tests;
