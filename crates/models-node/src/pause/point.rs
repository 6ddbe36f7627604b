//! The steps of a read.

/// Which step of a read comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Acquire the lease.
    Hold,
    /// Get a value from a cache.
    Memory,
    /// Load a value from the database.
    Load,
    /// Insert a loaded value into a cache.
    Insert,
    /// Release the response.
    Release,
}
