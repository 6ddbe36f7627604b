//! The repository of organizations.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::event::Origin;
use crate::organization::{
    Organization, OrganizationId, OrganizationSettings, OrganizationUpdate, Slug,
};

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

    /// The settings of the organization with this id.
    async fn settings(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<OrganizationSettings>, RepositoryError>;

    /// Updates a setting, and returns the settings once all nodes enforce them. If the setting has
    /// this value already, nothing is logged. `None` if there is no such organization.
    async fn update(
        &self,
        id: &OrganizationId,
        update: OrganizationUpdate,
        origin: Origin,
    ) -> Result<Option<OrganizationSettings>, RepositoryError>;
}
