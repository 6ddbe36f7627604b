//! The repository of projects.

use std::sync::Arc;

use async_trait::async_trait;

use super::administration::Administered;
use super::error::RepositoryError;
use super::page::{Page, PageRequest};
use crate::event::Origin;
use crate::organization::OrganizationId;
use crate::policy::Policy;
use crate::project::{Project, ProjectId};
use crate::text::Name;

/// The repository of an organization's projects, and of their policies.
#[async_trait]
pub trait ProjectRepository: Send + Sync {
    /// Inserts a project. It begins with the policy that the organization has for new projects.
    /// `AlreadyExists` if any organization has, or had, a project with this id.
    async fn insert(
        &self,
        organization_id: &OrganizationId,
        project: Project,
        origin: Origin,
    ) -> Administered<()>;

    /// A page of the projects, in the order of their creation. The cursor is an id.
    async fn list(
        &self,
        organization_id: &OrganizationId,
        page: PageRequest,
        include_archived: bool,
    ) -> Result<Page<Project, String>, RepositoryError>;

    /// The project with this id.
    async fn find(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
    ) -> Result<Option<Project>, RepositoryError>;

    /// Renames a project, and returns it. If it has this name already, nothing is logged.
    async fn rename(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
        name: Name,
        origin: Origin,
    ) -> Administered<Project>;

    /// Archives a project, and returns it once no node accepts a key of it. A second call changes
    /// and logs nothing.
    async fn archive(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
        origin: Origin,
    ) -> Administered<Project>;

    /// The project's policy. The outer `None` says that there is no such project.
    async fn policy(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
    ) -> Result<Option<Option<Arc<Policy>>>, RepositoryError>;

    /// Replaces the project's policy; `None` removes it. If the project has this policy already,
    /// nothing is logged.
    async fn set_policy(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
        policy: Option<Arc<Policy>>,
        origin: Origin,
    ) -> Administered<()>;
}
