//! The repository of organizations.

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::event::Origin;
use crate::organization::{
    Organization, OrganizationContents, OrganizationId, OrganizationSettings, OrganizationUpdate,
    Slug,
};

/// The repository of organizations.
#[async_trait]
pub trait OrganizationRepository: Send + Sync {
    /// Inserts an organization with its default project. `AlreadyExists` if any organization has,
    /// or had, this id or slug, or a project with the id of this one.
    async fn insert(
        &self,
        organization: Organization,
        origin: Origin,
    ) -> Result<(), RepositoryError>;

    /// All organizations that are not deleted, ordered by slug.
    async fn list(&self) -> Result<Vec<Organization>, RepositoryError>;

    /// The organization with this slug, unless it is deleted.
    async fn find_by_slug(&self, slug: &Slug) -> Result<Option<Organization>, RepositoryError>;

    /// The id of the deleted organization with this slug.
    async fn find_deleted(&self, slug: &Slug) -> Result<Option<OrganizationId>, RepositoryError>;

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

    /// Counts what a deletion of the organization would remove. `None` if there is no such
    /// organization.
    async fn contents(
        &self,
        id: &OrganizationId,
    ) -> Result<Option<OrganizationContents>, RepositoryError>;

    /// Deletes an organization with its keys, admin keys, projects, service accounts and models, in
    /// one change. Returns what it removed, once no node accepts a key of the organization or shows a
    /// model of it. The ids and the slug stay taken, and the event log stays as it is. `None` if there
    /// is no such organization; after an earlier deletion, this returns once all nodes enforce it.
    async fn delete(
        &self,
        id: &OrganizationId,
        origin: Origin,
    ) -> Result<Option<OrganizationContents>, RepositoryError>;
}
