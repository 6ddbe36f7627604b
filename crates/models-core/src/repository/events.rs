//! The repository of the event log.

use std::num::NonZeroU32;

use async_trait::async_trait;

use super::error::RepositoryError;
use super::page::Page;
use crate::event::{LogEntry, Position, Revision, Snapshot};
use crate::organization::OrganizationId;

/// The repository of the event log.
#[async_trait]
pub trait EventRepository: Send + Sync {
    /// The newest revision: the revision of the last event, or 0 before the first.
    async fn revision(&self) -> Result<Revision, RepositoryError>;

    /// The revision of this organization's newest event, or 0 before its first.
    async fn revision_of_organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Revision, RepositoryError>;

    /// The secret that encrypts revisions in tokens for clients. All nodes of a catalog and its
    /// backups have the same one.
    async fn token_secret(&self) -> Result<[u8; 16], RepositoryError>;

    /// The newest position. Its revision is that of the last event, or 0 before the first.
    async fn position(&self) -> Result<Position, RepositoryError>;

    /// At most `limit` rows after this revision, oldest first, and the newest position at the same
    /// moment. Their revisions have no gaps. The page's cursor is the revision up to which the log
    /// was read. A row that this version does not understand is logged and returned as unknown.
    async fn list_after(
        &self,
        revision: Revision,
        limit: NonZeroU32,
    ) -> Result<Snapshot<Page<LogEntry, Revision>>, RepositoryError>;
}
