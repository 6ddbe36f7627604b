//! Some models that follow each other in a list, rendered together.

use std::ops::Range;

use actix_web::web::{Buf, Bytes};
use models_core::{Model, RepositoryError};

use crate::dialects::openai::list::{BEGIN, END};
use crate::dialects::openai::objects::ModelObject;
use crate::http::representation::{ETAG_LENGTH, write_etag};

/// How each model object begins, before the characters of its id.
const BEFORE_ID: usize = br#"{"id":""#.len();
/// The length of an entry of the table of ends.
const ENTRY: usize = size_of::<u32>();

/// How segments are written.
pub(super) struct Form {
    /// How many models one has at most.
    pub(super) most: usize,
    /// What stands before the first object. Its last byte is what separates that from the one before.
    start: &'static [u8],
    /// What stands behind the last one.
    end: &'static [u8],
}

impl Form {
    /// The public models: all of them are one list object, since no deletion changes their view.
    pub(super) const PUBLIC: Self = Self {
        most: usize::MAX,
        start: BEGIN,
        end: END,
    };

    /// An organization's own models: parts of a list, of some 100 kB, as a deletion renders one of them anew.
    pub(super) const OWN: Self = Self::parts(512);

    /// Parts of a list, of so many models at most.
    pub(super) const fn parts(most: usize) -> Self {
        Self {
            most,
            start: b",",
            end: b"",
        }
    }

    /// Where the byte before the first object is.
    fn first(&self) -> u32 {
        u32::try_from(self.start.len() - 1).unwrap_or(0)
    }
}

/// Some models that follow each other. Each has a slot, also after it has been deleted.
#[derive(Clone)]
pub(super) struct Segment {
    /// The objects, then their validators, then where each object ends. In one piece of memory: a request counts itself
    /// among those who use it, and of many tenants each place that is looked at is far away.
    parts: Bytes,
    /// Where the byte before the first object is, where the validators begin, and where the ends.
    first: u32,
    etags: u32,
    ends: u32,
}

impl Segment {
    /// In bytes.
    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// The objects, and what stands around them.
    pub(super) fn text(&self) -> Bytes {
        self.parts.slice(..size(self.etags))
    }

    /// Objects that follow each other, and the byte before them. Slots that are not there are left out.
    pub(super) fn run(&self, slots: Range<usize>) -> Bytes {
        let end = self.end(slots.end.min(self.count()));
        self.parts.slice(self.end(slots.start).min(end)..end)
    }

    /// Empty if it has been deleted.
    pub(super) fn object(&self, slot: usize) -> Bytes {
        self.parts.slice(self.range(slot))
    }

    pub(super) fn etag(&self, slot: usize) -> Bytes {
        let start = size(self.etags) + slot * ETAG_LENGTH;
        self.parts.slice(start..start + ETAG_LENGTH)
    }

    /// Whether the object in this slot has this id, written as in JSON.
    pub(super) fn has_id(&self, slot: usize, id: &[u8]) -> bool {
        let object = &self.parts[self.range(slot)];
        let rest = object
            .get(BEFORE_ID..)
            .and_then(|rest| rest.strip_prefix(id));
        rest.is_some_and(|rest| rest.first() == Some(&b'"'))
    }

    /// The same without the objects in these slots, which are in order.
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

    /// Where the objects in so many slots end.
    fn end(&self, slots: usize) -> usize {
        let at = slots
            .checked_sub(1)
            .map(|slot| size(self.ends) + slot * ENTRY);
        let entry = at.and_then(|at| self.parts.get(at..at + ENTRY));
        size(entry.map_or(self.first, |mut entry| entry.get_u32_le()))
    }
}

/// Writes a segment, object by object.
pub(super) struct SegmentWriter {
    form: &'static Form,
    text: Vec<u8>,
    etags: Vec<u8>,
    ends: Vec<u8>,
    /// Where the objects so far end.
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

    /// Appends an object that has been rendered before.
    fn push(&mut self, object: &[u8], etag: &[u8]) -> Result<(), RepositoryError> {
        self.separate();
        self.text.extend_from_slice(object);
        self.etags.extend_from_slice(etag);
        self.end_slot()
    }

    /// A slot without an object.
    fn leave_out(&mut self) {
        self.etags.extend_from_slice(&[b' '; ETAG_LENGTH]);
        self.ends.extend_from_slice(&self.last.to_le_bytes());
    }

    pub(super) fn finish(mut self) -> Result<Segment, RepositoryError> {
        self.text.extend_from_slice(self.form.end);
        let etags = self.text.len();
        let ends = etags + self.etags.len();
        // As long as it is, and no longer: shrinking gives little back.
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
    u32::try_from(length)
        .map_err(|_| RepositoryError::Failed("a list of 4 GiB cannot be shown".into()))
}
