//! A limit on the memory of a single value of the input.

use std::cell::Cell;
use std::io::{self, Read};

/// The longest value that is kept in memory, in bytes.
const LONGEST_VALUE: usize = 16 << 20;

/// The number of bytes read since the current value began. `None` while the parser skips values.
#[derive(Default)]
pub(super) struct Held(Cell<Option<usize>>);

impl Held {
    /// Reads a value and keeps its text.
    pub(super) fn keep<T>(&self, read: impl FnOnce() -> T) -> T {
        self.0.set(Some(0));
        let value = read();
        self.0.set(None);
        value
    }
}

/// An input whose reads fail if the current value is longer than [`LONGEST_VALUE`].
pub(super) struct Metered<'a, R> {
    pub(super) input: R,
    pub(super) held: &'a Held,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        if let Some(held) = self.held.0.get() {
            if held > LONGEST_VALUE {
                let text = "a single value of the input is longer than 16 MiB";
                return Err(io::Error::other(text));
            }
            self.held.0.set(Some(held + count));
        }
        Ok(count)
    }
}
