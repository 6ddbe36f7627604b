//! Changes of projects, within an open transaction.

use std::sync::Arc;

use models_core::{
    Administered, AdministrationRefusal, Change, DefaultProject, Name, OrganizationId, Policy,
    PolicyReference, Project, ProjectId, RepositoryError, Timestamp,
};

use super::row::{FIND, FIND_POLICY, first, project_columns};
use crate::catalog::{Backend, Mutation};
use crate::policies;

const INSERT: &str = concat!(
    "INSERT INTO projects (",
    project_columns!(all, [", "] [*]),
    ") VALUES (",
    project_columns!(all, values),
    ")"
);
const NEW_PROJECTS_POLICY: &str = "SELECT (SELECT policy FROM policies WHERE digest = o.project_policy) \
    FROM organizations o WHERE o.id = $1";
const RENAME: &str = "UPDATE projects SET name = $2 WHERE id = $1";
const ARCHIVE: &str = "UPDATE projects SET archived_at = $2 WHERE id = $1";
const SET_POLICY: &str = "UPDATE projects SET policy = $2 WHERE id = $1";

/// Inserts an organization's default project within an open transaction.
pub(crate) async fn insert_default_project<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project: &DefaultProject,
    created_at: Timestamp,
) -> Result<(), RepositoryError> {
    let project = Project {
        id: project.id.clone(),
        name: project.name.clone(),
        is_default: true,
        created_at,
        archived_at: None,
    };
    insert(mutation, organization_id, &project).await
}

/// Creates a project, with the policy that the organization has for new ones.
pub(super) async fn create<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project: Project,
) -> Administered<()> {
    let values = vec![organization_id.as_str().into()];
    let rows: Vec<(Option<String>,)> = mutation.fetch(NEW_PROJECTS_POLICY, values).await?;
    let Some((policy,)) = rows.first() else {
        return Ok(Err(AdministrationRefusal::NotFound));
    };
    let policy = policies::read(policy.as_deref())?;
    insert(mutation, organization_id, &project).await?;
    let id = project.id.clone();
    let created = Change::ProjectCreated {
        organization_id: organization_id.clone(),
        project,
    };
    mutation.record(&created).await?;
    if policy.is_some() {
        replace_policy(mutation, organization_id, &id, None, policy).await?;
    }
    Ok(Ok(()))
}

/// The organization's project that changes within an open transaction.
pub(crate) async fn find_changeable<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    id: &ProjectId,
) -> Administered<Project> {
    let values = vec![id.as_str().into(), organization_id.as_str().into()];
    Ok(match first(mutation.fetch(FIND, values).await?)? {
        None => Err(AdministrationRefusal::NotFound),
        Some(project) if project.archived_at.is_some() => Err(AdministrationRefusal::Archived),
        Some(project) => Ok(project),
    })
}

async fn insert<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project: &Project,
) -> Result<(), RepositoryError> {
    let policy: Option<&str> = None;
    let values = vec![
        project.id.as_str().into(),
        project.name.as_str().into(),
        i64::from(project.is_default).into(),
        i64::from(project.created_at).into(),
        project.archived_at.map(i64::from).into(),
        organization_id.as_str().into(),
        policy.into(),
        mutation.revision().next().0.into(),
    ];
    mutation.execute(INSERT, values).await
}

pub(super) async fn rename<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    id: &ProjectId,
    name: Name,
) -> Administered<Project> {
    let before = match find_changeable(mutation, organization_id, id).await? {
        Ok(project) if project.is_default => {
            return Ok(Err(AdministrationRefusal::DefaultProject));
        }
        Ok(project) => project,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if before.name == name {
        return Ok(Ok(before));
    }
    let values = vec![id.as_str().into(), name.as_str().into()];
    mutation.execute(RENAME, values).await?;
    let after = Project {
        name,
        ..before.clone()
    };
    let updated = Change::ProjectUpdated {
        organization_id: organization_id.clone(),
        before,
        after: after.clone(),
    };
    mutation.record(&updated).await?;
    Ok(Ok(after))
}

pub(super) async fn archive<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    id: &ProjectId,
) -> Administered<Project> {
    let values = vec![id.as_str().into(), organization_id.as_str().into()];
    let project = match first(mutation.fetch(FIND, values).await?)? {
        None => return Ok(Err(AdministrationRefusal::NotFound)),
        Some(project) if project.is_default => {
            return Ok(Err(AdministrationRefusal::DefaultProject));
        }
        Some(project) if project.archived_at.is_some() => return Ok(Ok(project)),
        Some(project) => project,
    };
    let at = mutation.origin().at;
    let values = vec![id.as_str().into(), i64::from(at).into()];
    mutation.execute(ARCHIVE, values).await?;
    let project = Project {
        archived_at: Some(at),
        ..project
    };
    let archived = Change::ProjectArchived {
        organization_id: organization_id.clone(),
        project: project.clone(),
    };
    mutation.record(&archived).await?;
    Ok(Ok(project))
}

pub(super) async fn set_policy<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    id: &ProjectId,
    policy: Option<Arc<Policy>>,
) -> Administered<()> {
    if let Err(refusal) = find_changeable(mutation, organization_id, id).await? {
        return Ok(Err(refusal));
    }
    let values = vec![id.as_str().into(), organization_id.as_str().into()];
    let rows: Vec<(Option<String>,)> = mutation.fetch(FIND_POLICY, values).await?;
    let before = rows.first().and_then(|(policy,)| policy.as_deref());
    let before = policies::read(before)?;
    if before != policy {
        replace_policy(mutation, organization_id, id, before, policy).await?;
    }
    Ok(Ok(()))
}

async fn replace_policy<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    id: &ProjectId,
    before: Option<Arc<Policy>>,
    after: Option<Arc<Policy>>,
) -> Result<(), RepositoryError> {
    let digest = policies::insert(mutation, after.as_deref()).await?;
    let values = vec![id.as_str().into(), digest.as_deref().into()];
    mutation.execute(SET_POLICY, values).await?;
    let updated = Change::ModelPermissionsUpdated {
        organization_id: organization_id.clone(),
        project_id: id.clone(),
        before: before.as_deref().map(PolicyReference::from),
        after: after.as_deref().map(PolicyReference::from),
    };
    mutation.record(&updated).await
}
