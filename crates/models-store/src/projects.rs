//! The table of projects.

mod changes;
mod row;

use std::sync::Arc;

use async_trait::async_trait;
use models_core::{
    Administered, AdministrationRefusal, Change, Name, OrganizationId, Origin, Page, PageRequest,
    Policy, Project, ProjectId, ProjectRepository, RepositoryError,
};

pub(crate) use self::changes::{find_changeable, insert_default_project};
pub(crate) use self::row::{DefaultProjectRow, project_columns};

use self::changes::{archive, insert, rename, replace_policy, set_policy};
use self::row::{FIND, FIND_POLICY, ProjectRow, first};
use crate::catalog::administration::{begin, end};
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
const NEW_PROJECTS_POLICY: &str = "SELECT (SELECT policy FROM policies WHERE digest = o.project_policy) \
    FROM organizations o WHERE o.id = $1";

#[async_trait]
impl<DB: Backend> ProjectRepository for SqlStore<DB> {
    async fn insert(
        &self,
        organization_id: &OrganizationId,
        project: Project,
        origin: Origin,
    ) -> Administered<()> {
        let (store, organization_id) = (self.clone(), organization_id.clone());
        self.run(async move {
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let values = vec![organization_id.as_str().into()];
            let rows: Vec<(Option<String>,)> = mutation.fetch(NEW_PROJECTS_POLICY, values).await?;
            let Some((policy,)) = rows.first() else {
                return end(mutation, Err(AdministrationRefusal::NotFound)).await;
            };
            let policy = policies::read(policy.as_deref())?;
            let project_id = project.id.clone();
            insert(&mut mutation, &organization_id, &project).await?;
            let created = Change::ProjectCreated {
                organization_id: organization_id.clone(),
                project,
            };
            mutation.record(&created).await?;
            if policy.is_some() {
                replace_policy(&mut mutation, &organization_id, &project_id, None, policy).await?;
            }
            end(mutation, Ok(())).await
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
        let (store, organization_id, id) = (self.clone(), organization_id.clone(), id.clone());
        self.run(async move {
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let renamed = rename(&mut mutation, &organization_id, &id, name).await?;
            end(mutation, renamed).await
        })
        .await
    }

    async fn archive(
        &self,
        organization_id: &OrganizationId,
        id: &ProjectId,
        origin: Origin,
    ) -> Administered<Project> {
        let (store, organization_id, id) = (self.clone(), organization_id.clone(), id.clone());
        self.run(async move {
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let archived = archive(&mut mutation, &organization_id, &id).await?;
            end(mutation, archived).await
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
        let (store, organization_id, id) = (self.clone(), organization_id.clone(), id.clone());
        self.run(async move {
            let mut mutation = match begin(&store, &organization_id, origin).await? {
                Ok(mutation) => mutation,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let set = set_policy(&mut mutation, &organization_id, &id, policy).await?;
            end(mutation, set).await
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
