//! The first contents of an empty catalog.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::admin_api_key::AdminApiKey;
use crate::api_key::{ApiKey, KeyDigest};
use crate::event::Origin;
use crate::import::Import;
use crate::organization::Organization;
use crate::service_account::ServiceAccount;

/// The first contents of a catalog.
#[derive(Debug, Clone)]
pub struct FirstContents {
    /// The first models.
    pub import: Import,
    /// The first organization.
    pub organization: Organization,
    /// The service account that owns the first key.
    pub account: ServiceAccount,
    /// The first key of the organization.
    pub key: ApiKey,
    /// The digest of the key's secret.
    pub digest: KeyDigest,
    /// The first admin key of the organization.
    pub admin_key: AdminApiKey,
    /// The digest of the admin key's secret.
    pub admin_digest: KeyDigest,
}

/// The repository for the first start on an empty catalog.
#[async_trait]
pub trait FirstStartRepository: Send + Sync {
    /// Inserts the contents if the catalog has never had an event, and returns whether it did. Any
    /// other catalog stays unchanged.
    async fn fill_if_empty(
        &self,
        contents: FirstContents,
        origin: Origin,
    ) -> Result<bool, RepositoryError>;
}
