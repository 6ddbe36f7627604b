//! Reads a list of models: the response of an OpenAI-compatible `GET /v1/models`, or of one of the
//! other services whose lists are known, kept in a file.
//!
//! The input is read as a stream. At any time the process holds the text of one entry, and of all
//! entries before it only what an import needs.

mod decoding;
mod entry;
mod error;
mod list;
mod metered;
mod place;
mod shape;
mod text;

use std::io::Read;

pub use error::ListError;
pub use list::{InvalidEntries, List};

/// Reads the list from the input, which may be compressed with gzip and encoded in UTF-16.
pub fn read<'a>(input: impl Read + 'a) -> Result<List, ListError> {
    shape::read(decoding::decode(input)?)
}

#[cfg(test)]
mod tests;
