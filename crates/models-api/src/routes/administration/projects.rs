//! `/v1/organization/projects`.

use actix_web::HttpResponse;
use models_core::{Project, ProjectId};
use models_node::use_cases::projects::{self, NewProject};

use super::request::{AdminRequest, respond};
use crate::dialects::openai::administration::list::ListObject;
use crate::dialects::openai::administration::projects::{
    NewProjectObject, ProjectObject, ProjectUpdateObject,
};
use crate::dialects::openai::error::ApiError;

pub(super) async fn list(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let query = request.query();
    let (page, include_archived) = (query.page()?, query.flag("include_archived")?);
    let projects = &request.repositories().projects;
    let page = projects
        .list(request.organization_id(), page, include_archived)
        .await?;
    request.respond(&ListObject::of(page, ProjectObject::from))
}

pub(super) async fn create(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let new: NewProjectObject = request.body().await?;
    let new = NewProject {
        id: None,
        name: new.name()?,
    };
    let (projects, origin) = (request.repositories().projects.clone(), request.origin());
    let organization_id = request.organization_id().clone();
    let creating = async move { projects::create(&*projects, &organization_id, new, origin).await };
    let project = request.change("project.created", id, creating).await?;
    respond(&ProjectObject::from(project))
}

pub(super) async fn retrieve(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project = find(&request).await?;
    request.respond(&ProjectObject::from(project))
}

pub(super) async fn update(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    let update: ProjectUpdateObject = request.body().await?;
    let Some(name) = update.name()? else {
        let project = find(&request).await?;
        refuse_fixed(&project)?;
        request.send_revision().await;
        return request.respond(&ProjectObject::from(project));
    };
    let (projects, origin) = (request.repositories().projects.clone(), request.origin());
    let organization_id = request.organization_id().clone();
    let name = name.into_inner();
    let renaming = async move {
        projects
            .rename(&organization_id, &project_id, name, origin)
            .await
    };
    let project = request.change("project.updated", id, renaming).await?;
    respond(&ProjectObject::from(project))
}

pub(super) async fn archive(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    let (projects, origin) = (request.repositories().projects.clone(), request.origin());
    let organization_id = request.organization_id().clone();
    let archiving = async move {
        projects
            .archive(&organization_id, &project_id, origin)
            .await
    };
    let project = request.change("project.archived", id, archiving).await?;
    respond(&ProjectObject::from(project))
}

/// Finds the project of the path.
pub(super) async fn find(request: &AdminRequest) -> Result<Project, ApiError> {
    let id: ProjectId = request.first_id()?;
    let projects = &request.repositories().projects;
    let project = projects.find(request.organization_id(), &id).await?;
    project.ok_or_else(|| request.not_found())
}

/// Refuses a project that cannot be updated, also if the update changes nothing.
fn refuse_fixed(project: &Project) -> Result<(), ApiError> {
    if project.is_default {
        return Err(ApiError::DefaultProject);
    }
    refuse_archived(project)
}

/// Refuses an archived project.
pub(super) fn refuse_archived(project: &Project) -> Result<(), ApiError> {
    match project.archived_at {
        None => Ok(()),
        Some(_) => Err(ApiError::ArchivedProject),
    }
}

fn id(project: &Project) -> String {
    project.id.to_string()
}
