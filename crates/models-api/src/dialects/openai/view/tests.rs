//! Views render lists and models exactly like serde.

mod deletion;
mod fixtures;
mod memory;
mod random;
mod rendering;
