//! Rendered models: their objects in segments, their validators, and an index by id.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::ops::Range;

use actix_web::web::Bytes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use models_core::{Model, RepositoryError};

use super::segment::{Form, Segment, SegmentWriter};
use crate::dialects::openai::list::Composition;

/// The memory of an allocation without its contents, and of the reference counts of a shared one, in bytes.
const ALLOCATION: usize = 64;

/// Models with distinct ids in a fixed order. A model keeps its number when others are deleted.
pub(super) struct Rendered {
    form: &'static Form,
    segments: Box<[Segment]>,
    /// The number of models before any deletion.
    count: usize,
    /// Maps an id, escaped as in JSON, to the model's number. The entry of a deleted model stays, without an object.
    index: HashTable<u32>,
    hasher: RandomState,
}

impl Rendered {
    /// The number of models before any deletion: one more than the largest number of a model.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// Hashes an id, which is escaped as in JSON.
    pub(super) fn hash(&self, id: &[u8]) -> u64 {
        self.hasher.hash_one(id)
    }

    /// Returns the number of the model with this id, which is escaped as in JSON.
    pub(super) fn find(&self, hash: u64, id: &[u8]) -> Option<u32> {
        let is_found = |number: &u32| {
            let (segment, slot) = self.place(*number)?;
            segment.has_id(slot, id).then_some(())
        };
        let number = self.index.find(hash, |number| is_found(number).is_some());
        number.copied()
    }

    /// Returns the number of the model with this id.
    pub(super) fn find_id(&self, id: &str) -> Option<u32> {
        let id = escaped(id);
        self.find(self.hash(&id), &id)
    }

    /// Returns the object and the validator of the model with this number.
    pub(super) fn model(&self, number: u32) -> Option<(Bytes, Bytes)> {
        let (segment, slot) = self.place(number)?;
        Some((segment.object(slot), segment.etag(slot)))
    }

    /// Returns the list object of public models, which are all in one segment.
    pub(super) fn list(&self) -> Bytes {
        self.segments.first().map_or_else(Bytes::new, Segment::text)
    }

    /// Appends the objects of the models with these numbers.
    pub(super) fn append(&self, numbers: Range<usize>, list: &mut Composition) {
        let most = self.form.most;
        let first = numbers.start / most;
        for (segment, number) in self.segments.iter().skip(first).zip(first..) {
            let start = number * most;
            if start >= numbers.end {
                break;
            }
            let slots = numbers.start.max(start) - start..numbers.end - start;
            list.append(segment.run(slots));
        }
    }

    /// Returns the models without those with these numbers. Renders only the segments of these models again.
    pub(super) fn without(&self, mut numbers: Vec<u32>) -> Result<Self, RepositoryError> {
        numbers.sort_unstable();
        let places = numbers.iter().filter_map(|number| self.slot(*number));
        let places: Vec<(usize, usize)> = places.collect();
        let mut segments = self.segments.clone();
        for same in places.chunk_by(|(one, _), (other, _)| one == other) {
            let slots: Vec<usize> = same.iter().map(|(_, slot)| *slot).collect();
            if let Some(segment) = same.first().and_then(|(at, _)| segments.get_mut(*at)) {
                *segment = segment.without(&slots, self.form)?;
            }
        }
        Ok(Self {
            form: self.form,
            segments,
            count: self.count,
            index: self.index.clone(),
            hasher: self.hasher.clone(),
        })
    }

    /// The memory of the contents, in bytes.
    pub(super) fn weight(&self) -> usize {
        let segment = |segment: &Segment| size_of::<Segment>() + segment.len() + ALLOCATION;
        let segments: usize = self.segments.iter().map(segment).sum();
        segments + self.index.allocation_size() + ALLOCATION
    }

    /// The number of segments.
    pub(super) fn segments(&self) -> usize {
        self.segments.len()
    }

    fn slot(&self, number: u32) -> Option<(usize, usize)> {
        let number = usize::try_from(number).ok()?;
        Some((number / self.form.most, number % self.form.most))
    }

    fn place(&self, number: u32) -> Option<(&Segment, usize)> {
        let (segment, slot) = self.slot(number)?;
        Some((self.segments.get(segment)?, slot))
    }
}

/// Renders models one at a time.
pub(super) struct Rendering {
    form: &'static Form,
    segments: Vec<Segment>,
    writer: SegmentWriter,
    hashes: Vec<u64>,
    hasher: RandomState,
}

impl Rendering {
    /// Starts a rendering that hashes ids with this hasher.
    pub(super) fn new(form: &'static Form, hasher: RandomState) -> Self {
        Self {
            form,
            segments: vec![],
            writer: SegmentWriter::new(form),
            hashes: vec![],
            hasher,
        }
    }

    /// The number of models rendered so far.
    pub(super) fn count(&self) -> usize {
        self.hashes.len()
    }

    pub(super) fn push(&mut self, model: &Model) -> Result<(), RepositoryError> {
        if self.count() > 0 && self.count().is_multiple_of(self.form.most) {
            let full = std::mem::replace(&mut self.writer, SegmentWriter::new(self.form));
            self.segments.push(full.finish()?);
        }
        self.writer.push_model(model)?;
        let id = escaped(model.id.as_str());
        self.hashes.push(self.hasher.hash_one(&*id));
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Rendered, RepositoryError> {
        // Public models have exactly one segment, even if there are none.
        if self.count() > self.segments.len() * self.form.most || self.segments.is_empty() {
            self.segments.push(self.writer.finish()?);
        }
        let mut index = HashTable::with_capacity(self.hashes.len());
        for (hash, number) in self.hashes.iter().zip(0..) {
            let hash_of = |other: &u32| {
                let other = usize::try_from(*other).unwrap_or(usize::MAX);
                self.hashes.get(other).copied().unwrap_or_default()
            };
            index.insert_unique(*hash, number, hash_of);
        }
        Ok(Rendered {
            form: self.form,
            segments: self.segments.into(),
            count: self.hashes.len(),
            index,
            hasher: self.hasher,
        })
    }
}

/// Escapes an id as in JSON, without the quotes.
pub(super) fn escaped(id: &str) -> Cow<'_, [u8]> {
    if is_plain(id) {
        return Cow::Borrowed(id.as_bytes());
    }
    // Serializing a text never fails.
    let text = serde_json::to_vec(id).unwrap_or_default();
    let inside = text.len().saturating_sub(1);
    Cow::Owned(text.get(1..inside).unwrap_or_default().to_vec())
}

/// Whether JSON needs no escapes for this text.
fn is_plain(text: &str) -> bool {
    let is_escaped = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
    !text.bytes().any(is_escaped)
}
