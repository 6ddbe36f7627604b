//! The table of projects.

mod changes;
mod row;

use std::sync::Arc;

use async_trait::async_trait;
use models_core::{
    Administered, Name, OrganizationId, Origin, Page, PageRequest, Policy, Project, ProjectId,
    ProjectRepository, RepositoryError,
};

pub(crate) use self::changes::{find_changeable, insert_default_project};
pub(crate) use self::row::{DefaultProjectRow, project_columns};

use self::changes::{archive, create, rename, set_policy};
use self::row::{FIND, FIND_POLICY, ProjectRow, first};
use crate::catalog::paged_list::{PagedList, paged_list};
use crate::catalog::{Backend, SqlStore};
use crate::policies;

const LIST: PagedList = paged_list!(
    project_columns!(first, [", "] ["p." *]),
    "projects p",
    "projects",
    "p",
    "organization_id",
    "p.archived_at IS NULL"
);
const LIST_ALL: PagedList = paged_list!(
    project_columns!(first, [", "] ["p." *]),
    "projects p",
    "projects",
    "p",
    "organization_id",
    "TRUE"
);

#[async_trait]
impl<DB: Backend> ProjectRepository for SqlStore<DB> {
    async fn insert(
        &self,
        organization_id: &OrganizationId,
        project: Project,
        origin: Origin,
    ) -> Administered<()> {
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move { create(mutation, organization_id, project).await })
        })
        .await
    }

    async fn list(
        &self,
        organization_id: &OrganizationId,
        page: PageRequest,
        include_archived: bool,
    ) -> Result<Page<Project, String>, RepositoryError> {
        let list = if include_archived { &LIST_ALL } else { &LIST };
        let values = vec![organization_id.as_str().into()];
        let id = |project: &Project| project.id.as_str().to_owned();
        self.read_page::<ProjectRow, _>(list, page, values, id)
            .await
    }

    async fn find(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
    ) -> Result<Option<Project>, RepositoryError> {
        let values = vec![id.as_str().into(), organization_id.as_str().into()];
        first(self.read(FIND, values).await?)
    }

    async fn rename(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
        name: Name,
        origin: Origin,
    ) -> Administered<Project> {
        let id = id.clone();
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move { rename(mutation, organization_id, &id, name).await })
        })
        .await
    }

    async fn archive(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
        origin: Origin,
    ) -> Administered<Project> {
        let id = id.clone();
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move { archive(mutation, organization_id, &id).await })
        })
        .await
    }

    async fn policy(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
    ) -> Result<Option<Option<Arc<Policy>>>, RepositoryError> {
        let values = vec![id.as_str().into(), organization_id.as_str().into()];
        let rows: Vec<(Option<String>,)> = self.read(FIND_POLICY, values).await?;
        let policy = rows
            .first()
            .map(|(policy,)| policies::read(policy.as_deref()));
        policy.transpose()
    }

    async fn set_policy(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
        policy: Option<Arc<Policy>>,
        origin: Origin,
    ) -> Administered<()> {
        let id = id.clone();
        self.administer(organization_id, origin, move |mutation, organization_id| {
            Box::pin(async move { set_policy(mutation, organization_id, &id, policy).await })
        })
        .await
    }
}

/// Whether the organization has this project, archived or not.
pub(crate) async fn has_project<DB: Backend>(
    store: &SqlStore<DB>,
    organization_id: &OrganizationId,
    id: &ProjectId,
) -> Result<bool, RepositoryError> {
    let project = ProjectRepository::find(store, organization_id, id).await?;
    Ok(project.is_some())
}
