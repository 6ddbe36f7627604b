//! Places in the log.

/// How many changes the catalog has seen: it grows by one with each, in the order of their commits.
/// 0 is the empty catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub i64);

impl Revision {
    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Which history a revision belongs to: it changes when the database is restored or another server
/// takes its place. Revisions of different epochs cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Epoch(pub String);

/// A place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The history.
    pub epoch: Epoch,
    /// How much of it.
    pub revision: Revision,
}

/// Something that was read, and the position that it is at least as new as: the position was read
/// before it, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<T> {
    /// Before the reading.
    pub position: Position,
    /// What was read.
    pub value: T,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_counted_one_by_one() {
        assert_eq!(Revision(0).next(), Revision(1));
        assert_eq!(Revision(41).next(), Revision(42));
        assert_eq!(Revision(42).to_string(), "42");
    }
}
