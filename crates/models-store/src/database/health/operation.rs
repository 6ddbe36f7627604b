//! The kinds of operations.

/// The purpose of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Reads of the catalog or the event log.
    Read,
    /// Changes of the catalog.
    Write,
    /// Statements on the nodes' rows, by renewals and barriers.
    Renewal,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Renewal];

    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Renewal => "renewal",
        }
    }
}
