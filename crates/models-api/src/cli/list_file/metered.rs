//! A limit on the memory that one value of the input takes.

use std::cell::Cell;
use std::io::{self, Read};

/// The longest value that is kept in memory, in bytes of the input.
const LONGEST_VALUE: usize = 16 << 20;

/// The bytes that were read since the present value began. `None` while the parser skips values.
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

/// The input. Reading fails when the present value is too long.
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
