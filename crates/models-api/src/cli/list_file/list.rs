//! The content of a list that was read.

use models_core::ImportEntry;

use super::text::place;

/// The most entries of a list. Each takes about 100 bytes of memory, however short it is in the input.
pub(super) const MOST: usize = 1_000_000;

/// How many invalid entries of one list are kept to be shown.
const KEPT: usize = 1_000;

/// The models of a list.
#[derive(Debug, Default)]
pub struct List {
    /// The valid entries, in the order of the list. Their ids differ.
    pub entries: Vec<ImportEntry>,
    /// The entries that are not valid.
    pub invalid: InvalidEntries,
    /// What was converted or left out, one sentence for each kind.
    pub notes: Vec<String>,
    /// What in the input says that the list has further pages, in a sentence.
    pub further_pages: Option<String>,
}

/// The entries of a list that cannot be imported.
#[derive(Debug, Default)]
pub struct InvalidEntries {
    /// How many there are.
    pub count: usize,
    /// The first of them, at most a thousand.
    pub first: Vec<InvalidEntry>,
}

/// An entry that cannot be imported: which one, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", place(*position, id.as_deref()))]
pub struct InvalidEntry {
    /// Its place in the list, from 1.
    pub position: usize,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// What is wrong with it.
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
