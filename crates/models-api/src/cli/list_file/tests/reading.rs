//! Functions that read a list, for the tests.

use models_core::ImportEntry;

use crate::cli::list_file::{List, read};

pub(super) fn list(text: &str) -> List {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub(super) fn reasons(text: &str) -> Vec<String> {
    let invalid = list(text).invalid;
    invalid.first.iter().map(ToString::to_string).collect()
}

pub(super) fn ids(list: &List) -> Vec<&str> {
    list.entries.iter().map(|entry| entry.id.as_str()).collect()
}

pub(super) fn failure(input: &[u8]) -> String {
    read(input).expect_err("no list").to_string()
}

/// Reads a list of one entry with this field. Returns the entry and the notes.
pub(super) fn field(json: &str) -> (ImportEntry, Vec<String>) {
    let mut list = list(&format!("[{{\"id\":\"a\",{json}}}]"));
    assert_eq!(list.invalid.count, 0, "{json}");
    (list.entries.remove(0), list.notes)
}
