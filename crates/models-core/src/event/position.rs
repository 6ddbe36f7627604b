//! Revisions, epochs and positions in the event log.

/// The number of changes since the catalog was empty. Each change increases it by one, in commit
/// order. The empty catalog has 0.
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

/// The database's history that a revision belongs to. It changes when an operator restores the
/// database or another server takes over. Revisions of different epochs cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Epoch(pub String);

/// A position in the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The epoch.
    pub epoch: Epoch,
    /// The revision within the epoch.
    pub revision: Revision,
}

/// A value read from the database, and a position that it includes. The reader took the position
/// first, on the same connection, so the value may be newer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<T> {
    /// A position that the value includes.
    pub position: Position,
    /// The value.
    pub value: T,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_increase_by_one() {
        assert_eq!(Revision(0).next(), Revision(1));
        assert_eq!(Revision(41).next(), Revision(42));
        assert_eq!(Revision(42).to_string(), "42");
    }
}
