//! The beginning of a catalog.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::api_key::{ApiKey, KeyDigest};
use crate::event::Origin;
use crate::import::Import;
use crate::organization::Organization;

/// What a catalog holds from its beginning.
#[derive(Debug, Clone)]
pub struct FirstContents {
    /// The first models.
    pub import: Import,
    /// The first organization.
    pub organization: Organization,
    /// Its first key.
    pub key: ApiKey,
    /// The digest of the key's secret.
    pub digest: KeyDigest,
}

/// The beginning of a catalog.
#[async_trait]
pub trait FirstStartRepository: Send + Sync {
    /// Adds all of this to a catalog that has never had an event, and answers whether it did. Any
    /// other catalog stays as it is.
    async fn fill_if_empty(
        &self,
        contents: FirstContents,
        origin: Origin,
    ) -> Result<bool, RepositoryError>;
}
