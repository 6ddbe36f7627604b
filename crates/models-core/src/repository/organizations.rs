//! Where organizations are kept.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::event::Origin;
use crate::organization::{Organization, Slug};

/// Where organizations are kept.
#[async_trait]
pub trait OrganizationRepository: Send + Sync {
    /// Adds an organization with its default project. `AlreadyExists` if its id or slug, or the
    /// project's id, is taken.
    async fn insert(
        &self,
        organization: Organization,
        origin: Origin,
    ) -> Result<(), RepositoryError>;

    /// All organizations, by slug.
    async fn list(&self) -> Result<Vec<Organization>, RepositoryError>;

    /// The organization with this slug.
    async fn find_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, RepositoryError>;
}
