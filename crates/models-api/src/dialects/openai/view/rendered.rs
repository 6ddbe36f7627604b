//! Models as they are sent: their objects, in segments, their validators, and an index of their ids.

use std::borrow::Cow;
use std::hash::BuildHasher;
use std::ops::Range;

use actix_web::web::Bytes;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use models_core::{Model, RepositoryError};

use super::segment::{Form, Segment, SegmentWriter};
use crate::dialects::openai::list::Composition;

/// What an allocation costs beside its contents, and what shares it.
const ALLOCATION: usize = 64;

/// Models in a fixed order, each of another id. A model keeps its number when others are deleted.
pub(super) struct Rendered {
    form: &'static Form,
    segments: Box<[Segment]>,
    /// How many models there were before any was deleted.
    count: usize,
    /// From a model's id, as JSON has it, to its number. That of a deleted model stays, and names no object.
    index: HashTable<u32>,
    hasher: RandomState,
}

impl Rendered {
    /// How many numbers there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The hash of an id, as JSON has it.
    pub(super) fn hash(&self, id: &[u8]) -> u64 {
        self.hasher.hash_one(id)
    }

    /// The number of the model with this id, as JSON has it.
    pub(super) fn find(&self, hash: u64, id: &[u8]) -> Option<u32> {
        let is_found = |number: &u32| {
            let (segment, slot) = self.place(*number)?;
            segment.has_id(slot, id).then_some(())
        };
        let number = self.index.find(hash, |number| is_found(number).is_some());
        number.copied()
    }

    /// The number of the model with this id.
    pub(super) fn find_id(&self, id: &str) -> Option<u32> {
        let id = escaped(id);
        self.find(self.hash(&id), &id)
    }

    /// The object and the validator of the model with this number.
    pub(super) fn model(&self, number: u32) -> Option<(Bytes, Bytes)> {
        let (segment, slot) = self.place(number)?;
        Some((segment.object(slot), segment.etag(slot)))
    }

    /// The list object of all models that are in one segment.
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

    /// The same without the models with these numbers. This renders the segments again that held them.
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

    /// In bytes, beside itself.
    pub(super) fn weight(&self) -> usize {
        let segment = |segment: &Segment| size_of::<Segment>() + segment.len() + ALLOCATION;
        let segments: usize = self.segments.iter().map(segment).sum();
        segments + self.index.allocation_size() + ALLOCATION
    }

    /// How many segments there are.
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

/// Renders models, one after the other.
pub(super) struct Rendering {
    form: &'static Form,
    segments: Vec<Segment>,
    writer: SegmentWriter,
    hashes: Vec<u64>,
    hasher: RandomState,
}

impl Rendering {
    /// Ids are hashed with this hasher.
    pub(super) fn new(form: &'static Form, hasher: RandomState) -> Self {
        Self {
            form,
            segments: vec![],
            writer: SegmentWriter::new(form),
            hashes: vec![],
            hasher,
        }
    }

    /// How many have been rendered.
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
        // Public models are in one segment, also where there are none.
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

/// An id as JSON has it, without the quotes.
pub(super) fn escaped(id: &str) -> Cow<'_, [u8]> {
    if is_plain(id) {
        return Cow::Borrowed(id.as_bytes());
    }
    // A text can always be written.
    let text = serde_json::to_vec(id).unwrap_or_default();
    let inside = text.len().saturating_sub(1);
    Cow::Owned(text.get(1..inside).unwrap_or_default().to_vec())
}

/// Whether JSON writes it as it is.
fn is_plain(text: &str) -> bool {
    let is_escaped = |byte: u8| byte < b' ' || matches!(byte, b'"' | b'\\');
    !text.bytes().any(is_escaped)
}
