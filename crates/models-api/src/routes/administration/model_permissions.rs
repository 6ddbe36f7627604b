//! `/v1/organization/projects/{project_id}/model_permissions`.

use std::sync::Arc;

use actix_web::HttpResponse;
use models_core::{Policy, ProjectId};

use super::request::{AdminRequest, respond};
use crate::dialects::openai::administration::model_permissions::{
    DeletedModelPermissionsObject, ModelPermissionsObject, NewModelPermissionsObject,
};
use crate::dialects::openai::error::ApiError;

pub(super) async fn retrieve(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    let projects = &request.repositories().projects;
    let policy = projects
        .policy(request.organization_id(), &project_id)
        .await?;
    let policy = policy.ok_or_else(|| request.not_found())?;
    request.respond(&ModelPermissionsObject::from(policy.as_deref()))
}

pub(super) async fn update(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    let new: NewModelPermissionsObject = request.body().await?;
    let policy = Arc::new(new.policy()?);
    set(&request, project_id, Some(policy.clone())).await?;
    respond(&ModelPermissionsObject::from(Some(&*policy)))
}

pub(super) async fn delete(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    set(&request, project_id, None).await?;
    respond(&DeletedModelPermissionsObject::default())
}

/// Replaces the policy of the project.
async fn set(
    request: &AdminRequest,
    project_id: ProjectId,
    policy: Option<Arc<Policy>>,
) -> Result<(), ApiError> {
    let (projects, origin) = (request.repositories().projects.clone(), request.origin());
    let organization_id = request.organization_id().clone();
    let id = project_id.to_string();
    let setting = async move {
        projects
            .set_policy(&organization_id, &project_id, policy, origin)
            .await
    };
    request
        .change("model_permissions.updated", move |()| id, setting)
        .await
}
