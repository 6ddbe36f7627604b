//! The steps of a read.

/// Which step of a read comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The lease is acquired.
    Hold,
    /// Something is taken from memory.
    Memory,
    /// Something is loaded from the database.
    Load,
    /// What was loaded is kept.
    Keep,
    /// The response is released.
    Release,
}
