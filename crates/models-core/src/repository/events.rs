//! Where the log is read.

use std::num::NonZeroU32;

use async_trait::async_trait;

use super::error::RepositoryError;
use super::page::Page;
use crate::event::{LogEntry, Position, Revision, Snapshot};

/// The log of all changes.
#[async_trait]
pub trait EventRepository: Send + Sync {
    /// The newest revision: that of the last event, 0 before the first.
    async fn revision(&self) -> Result<Revision, RepositoryError>;

    /// With what revisions are encrypted before anybody outside is told one: the same on all nodes of
    /// a catalog, and in its backups.
    async fn token_secret(&self) -> Result<[u8; 16], RepositoryError>;

    /// The newest position: its revision is that of the last event, 0 before the first.
    async fn position(&self) -> Result<Position, RepositoryError>;

    /// At most `limit` rows after this revision, oldest first, and the newest position at the same moment. Their revisions
    /// have no gaps. The cursor is the revision up to which the log was read. A row that this version does not understand
    /// is logged and returned as unknown.
    async fn list_after(
        &self,
        revision: Revision,
        limit: NonZeroU32,
    ) -> Result<Snapshot<Page<LogEntry, Revision>>, RepositoryError>;
}
