//! Reads a list of models: the response of an OpenAI-compatible `GET /v1/models`, or of one of the
//! other services whose lists are known, kept in a file.
//!
//! The input is read as a stream. At any time the process holds the text of one entry, and of all
//! entries before it only what an import needs.

mod announcement;
mod decoding;
mod entry;
mod error;
mod fields;
mod notes;
mod shape;

use std::io::Read;

use models_core::{ImportEntry, Outside};

pub use error::ListError;

/// How many invalid entries of one list are kept to be shown.
const KEPT: usize = 1_000;
/// How many characters of a text from the input a message shows.
const SHOWN: usize = 300;

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
    fn add(&mut self, entry: InvalidEntry) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(entry);
        }
    }
}

/// Reads the list from the input, which may be compressed with gzip and encoded in UTF-16.
pub fn read<'a>(input: impl Read + 'a) -> Result<List, ListError> {
    shape::read(decoding::decode(input)?)
}

/// How a message names an entry.
fn place(position: usize, id: Option<&str>) -> String {
    match id {
        None => format!("entry {position}"),
        Some(id) => format!("entry {position} (`{}`)", shown(id)),
    }
}

/// Text from the input, as a message shows it.
fn shown(text: &str) -> String {
    let escaped = text.escape_debug().to_string();
    Outside::new(&escaped).at_most(SHOWN).to_string()
}

#[cfg(test)]
mod tests;
