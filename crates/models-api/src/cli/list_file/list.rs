//! The content of a list.

use models_core::ImportEntry;

use super::text::place;

/// The largest number of entries. Each takes about 100 bytes of memory, even if it is shorter in the input.
pub(super) const MOST: usize = 1_000_000;

/// A list keeps at most this many invalid entries for messages.
const KEPT: usize = 1_000;

/// The models of a list.
#[derive(Debug, Default)]
pub struct List {
    /// The valid entries, in the order of the list. Each id appears once.
    pub entries: Vec<ImportEntry>,
    /// The invalid entries.
    pub invalid: InvalidEntries,
    /// One sentence for each kind of conversion.
    pub notes: Vec<String>,
    /// A sentence with the field that announces further pages, if one does.
    pub further_pages: Option<String>,
}

/// The entries of a list that cannot be imported.
#[derive(Debug, Default)]
pub struct InvalidEntries {
    /// The number of invalid entries.
    pub count: usize,
    /// The first invalid entries, at most a thousand.
    pub first: Vec<InvalidEntry>,
}

/// An entry that cannot be imported, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", place(*position, id.as_deref()))]
pub struct InvalidEntry {
    /// The position in the list, from 1.
    pub position: usize,
    /// The id, if the entry has one.
    pub id: Option<String>,
    /// The reason why the entry is invalid.
    pub reason: String,
}

impl InvalidEntries {
    pub(super) fn add(&mut self, entry: InvalidEntry) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(entry);
        }
    }
}
