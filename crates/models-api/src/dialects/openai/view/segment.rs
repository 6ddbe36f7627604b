//! A segment: consecutive models of a list, rendered together.

use std::ops::Range;

use actix_web::web::{Buf, Bytes};
use models_core::{Model, RepositoryError};

use crate::dialects::openai::list::{BEGIN, END};
use crate::dialects::openai::objects::ModelObject;
use crate::http::representation::{ETAG_LENGTH, write_etag};

/// The length of a model object before the characters of its id.
const BEFORE_ID: usize = br#"{"id":""#.len();
/// The length of an entry in the table of ends, which holds the offset of each object's end.
const ENTRY: usize = size_of::<u32>();

/// The layout of segments.
pub(super) struct Form {
    /// The largest number of models in a segment.
    pub(super) most: usize,
    /// The bytes before the first object. The last of them separates it from the object before.
    start: &'static [u8],
    /// The bytes after the last object.
    end: &'static [u8],
}

impl Form {
    /// The form of public models: all are one list object, because no deletion changes their view in place.
    pub(super) const PUBLIC: Self = Self {
        most: usize::MAX,
        start: BEGIN,
        end: END,
    };

    /// The form of own models: parts of a list of about 100 kB, because a deletion renders one part again.
    pub(super) const OWN: Self = Self::parts(512);

    /// A form for parts of a list, each with at most this many models.
    pub(super) const fn parts(most: usize) -> Self {
        Self {
            most,
            start: b",",
            end: b"",
        }
    }

    /// The offset of the byte before the first object.
    fn first(&self) -> u32 {
        u32::try_from(self.start.len() - 1).unwrap_or(0)
    }
}

/// Consecutive models. Each has a slot, which stays after its deletion.
#[derive(Clone)]
pub(super) struct Segment {
    /// The objects, then their validators, then the table of ends. They share one allocation, so that a request
    /// updates one reference count. With many tenants, each separate place in memory would also cost a cache miss.
    parts: Bytes,
    /// The offsets of the byte before the first object, of the validators, and of the table of ends.
    first: u32,
    etags: u32,
    ends: u32,
}

impl Segment {
    /// The length of all parts, in bytes.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// Returns the objects with the bytes before and after them.
    pub(super) fn text(&self) -> Bytes {
        self.parts.slice(..size(self.etags))
    }

    /// Returns the objects of these slots with the byte before them. Ignores slots beyond the last.
    pub(super) fn run(&self, slots: Range<usize>) -> Bytes {
        let end = self.end(slots.end.min(self.count()));
        self.parts.slice(self.end(slots.start).min(end)..end)
    }

    /// Returns the object in this slot. It is empty if the model was deleted.
    pub(super) fn object(&self, slot: usize) -> Bytes {
        self.parts.slice(self.range(slot))
    }

    pub(super) fn etag(&self, slot: usize) -> Bytes {
        let start = size(self.etags) + slot * ETAG_LENGTH;
        self.parts.slice(start..start + ETAG_LENGTH)
    }

    /// Whether the object in this slot has this id, which is escaped as in JSON.
    pub(super) fn has_id(&self, slot: usize, id: &[u8]) -> bool {
        let object = &self.parts[self.range(slot)];
        let rest = object
            .get(BEFORE_ID..)
            .and_then(|rest| rest.strip_prefix(id));
        rest.is_some_and(|rest| rest.first() == Some(&b'"'))
    }

    /// Returns the segment without the objects in these slots, which must be sorted.
    pub(super) fn without(
        &self,
        slots: &[usize],
        form: &'static Form,
    ) -> Result<Self, RepositoryError> {
        let mut writer = SegmentWriter::new(form);
        for slot in 0..self.count() {
            let range = self.range(slot);
            if range.is_empty() || slots.binary_search(&slot).is_ok() {
                writer.leave_out();
            } else {
                writer.push(&self.parts[range], &self.etag(slot))?;
            }
        }
        writer.finish()
    }

    fn count(&self) -> usize {
        (self.parts.len() - size(self.ends)) / ENTRY
    }

    fn range(&self, slot: usize) -> Range<usize> {
        let (before, end) = (self.end(slot), self.end(slot + 1));
        (before + 1).min(end)..end
    }

    /// The offset of the end of the objects in the first `slots` slots.
    fn end(&self, slots: usize) -> usize {
        let at = slots
            .checked_sub(1)
            .map(|slot| size(self.ends) + slot * ENTRY);
        let entry = at.and_then(|at| self.parts.get(at..at + ENTRY));
        size(entry.map_or(self.first, |mut entry| entry.get_u32_le()))
    }
}

/// Writes a segment one object at a time.
pub(super) struct SegmentWriter {
    form: &'static Form,
    text: Vec<u8>,
    etags: Vec<u8>,
    ends: Vec<u8>,
    /// The offset of the end of the last object.
    last: u32,
}

impl SegmentWriter {
    pub(super) fn new(form: &'static Form) -> Self {
        Self {
            form,
            text: form.start.to_vec(),
            etags: vec![],
            ends: vec![],
            last: form.first(),
        }
    }

    pub(super) fn push_model(&mut self, model: &Model) -> Result<(), RepositoryError> {
        self.separate();
        let start = self.text.len();
        serde_json::to_writer(&mut self.text, &ModelObject::from(model))
            .map_err(|error| RepositoryError::Failed(error.into()))?;
        write_etag([&self.text[start..]], &mut self.etags);
        self.end_slot()
    }

    /// Appends a rendered object.
    fn push(&mut self, object: &[u8], etag: &[u8]) -> Result<(), RepositoryError> {
        self.separate();
        self.text.extend_from_slice(object);
        self.etags.extend_from_slice(etag);
        self.end_slot()
    }

    /// Appends a slot without an object.
    fn leave_out(&mut self) {
        self.etags.extend_from_slice(&[b' '; ETAG_LENGTH]);
        self.ends.extend_from_slice(&self.last.to_le_bytes());
    }

    pub(super) fn finish(mut self) -> Result<Segment, RepositoryError> {
        self.text.extend_from_slice(self.form.end);
        let etags = self.text.len();
        let ends = etags + self.etags.len();
        // Copied to its exact size, because shrinking a vector returns little memory.
        let parts = [&self.text[..], &self.etags, &self.ends].concat();
        Ok(Segment {
            parts: Bytes::from(parts),
            first: self.form.first(),
            etags: offset(etags)?,
            ends: offset(ends)?,
        })
    }

    fn separate(&mut self) {
        if self.text.len() > self.form.start.len() {
            self.text.push(b',');
        }
    }

    fn end_slot(&mut self) -> Result<(), RepositoryError> {
        self.last = offset(self.text.len())?;
        self.ends.extend_from_slice(&self.last.to_le_bytes());
        Ok(())
    }
}

fn size(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn offset(length: usize) -> Result<u32, RepositoryError> {
    u32::try_from(length).map_err(|_| RepositoryError::Failed("a list is longer than 4 GiB".into()))
}
