//! The repository of organizations.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::event::Origin;
use crate::organization::{Organization, Slug};

/// The repository of organizations.
#[async_trait]
pub trait OrganizationRepository: Send + Sync {
    /// Inserts an organization with its default project. `AlreadyExists` if the organization's id
    /// or slug or the project's id is taken.
    async fn insert(
        &self,
        organization: Organization,
        origin: Origin,
    ) -> Result<(), RepositoryError>;

    /// All organizations, ordered by slug.
    async fn list(&self) -> Result<Vec<Organization>, RepositoryError>;

    /// The organization with this slug.
    async fn find_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, RepositoryError>;
}
