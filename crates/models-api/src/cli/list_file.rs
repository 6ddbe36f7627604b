//! Reads a list of models from a file: the response of an OpenAI-compatible `GET /v1/models`, or the list of
//! another known service.
//!
//! The reader streams the input. At any time it holds the text of one entry, and for earlier entries only the fields
//! that an import needs.

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

/// Reads the list from an input in UTF-8 or UTF-16, which may be compressed with gzip. Fails if the input is not a
/// list.
pub fn read<'a>(input: impl Read + 'a) -> Result<List, ListError> {
    shape::read(decoding::decode(input)?)
}

#[cfg(test)]
mod tests;
