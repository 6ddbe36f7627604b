//! A bound on what one value of the input takes in memory.

use std::cell::Cell;
use std::io::{self, Read};

/// How many bytes of the input one value may have that is held in memory.
const LONGEST_VALUE: usize = 16 << 20;

/// How much has been read since a value began that is held in memory; none while what is read is not kept.
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

/// The input, which ends where a value is too long.
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
