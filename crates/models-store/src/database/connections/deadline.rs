//! The deadlines of statements.

use std::time::Duration;

use models_core::RepositoryError;
use tokio::time::Instant;

/// The time limit of a statement, including the wait for a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(pub(super) Duration);

impl Deadline {
    /// For renewals and for reads of the event log. The shortest lease is 3 s.
    pub(crate) const RENEWAL: Self = Self(Duration::from_secs(2));
    /// For an import's statements, which process every entry and which no request waits for.
    /// PostgreSQL's own limit for them is 10 minutes.
    pub(crate) const IMPORT: Self = Self(Duration::from_secs(630));
    /// For every other statement. The databases' own limit on waiting for a lock (5 s) is shorter,
    /// so that it ends first and the connection stays usable.
    pub(crate) const STATEMENT: Self = Self(Duration::from_secs(8));

    pub(super) fn instant(self) -> Instant {
        Instant::now() + self.0
    }

    pub(super) fn passed(self) -> RepositoryError {
        let text = format!("no response within {} s", self.0.as_secs());
        RepositoryError::Unavailable(text.into())
    }
}
