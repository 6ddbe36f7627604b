//! Files that a command reads.

use std::io::Read;
use std::path::Path;

use super::failure::Failure;

/// Opens a file, or standard input if the path is `-`.
pub(in crate::cli) fn open_input(path: &Path) -> Result<Box<dyn Read>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    match std::fs::File::open(path) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(format!("{}: {error}", shown(path)).into()),
    }
}

/// The path as messages show it.
pub(in crate::cli) fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    }
}
