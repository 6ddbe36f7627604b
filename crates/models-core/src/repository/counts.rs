//! Counts of a catalog's contents.

use std::time::Duration;

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::time::Timestamp;

/// The number of a catalog's objects of each kind, over all organizations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CatalogCounts {
    /// The models, public ones and those of organizations.
    pub models: i64,
    /// The organizations that are not deleted.
    pub organizations: i64,
    /// The projects that are not archived.
    pub projects: i64,
    /// The keys of both kinds that are neither revoked nor expired, without those of archived
    /// projects.
    pub keys: i64,
    /// Those of the keys that expire soon.
    pub expiring_keys: i64,
}

/// The repository of the counts.
#[async_trait]
pub trait CountRepository: Send + Sync {
    /// Counts the catalog's contents. A key expires soon if it expires within this time.
    async fn count(&self, now: Timestamp, soon: Duration)
    -> Result<CatalogCounts, RepositoryError>;
}
