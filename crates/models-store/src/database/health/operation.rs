//! The kinds of statements.

/// What a statement is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Reading the catalog or the event log.
    Read,
    /// Changing the catalog.
    Write,
    /// The node's row, and the barrier.
    Renewal,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Renewal];

    /// As metrics call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Renewal => "renewal",
        }
    }
}
