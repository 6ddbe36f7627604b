//! `/v1/organization/projects/{project_id}/api_keys`.

use actix_web::HttpResponse;
use models_core::{ApiKeyId, Page, ProjectId};

use super::request::{AdminRequest, respond};
use crate::dialects::openai::administration::api_keys::{ApiKeyObject, ApiKeyUpdateObject};
use crate::dialects::openai::administration::deleted::DeletedObject;
use crate::dialects::openai::administration::list::ListObject;
use crate::dialects::openai::error::ApiError;

pub(super) async fn list(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    let query = request.query();
    let (page, is_active) = (query.page()?, query.selects_active_owners()?);
    let keys = &request.repositories().api_keys;
    let page = keys
        .list_of_project(request.organization_id(), &project_id, page)
        .await?;
    let page = page.ok_or_else(|| request.not_found())?;
    let page = if is_active {
        page
    } else {
        Page {
            items: vec![],
            next: None,
        }
    };
    request.respond(&ListObject::of(page, ApiKeyObject::from))
}

pub(super) async fn retrieve(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    let id: ApiKeyId = request.second_id()?;
    let keys = &request.repositories().api_keys;
    let key = keys
        .find_in_project(request.organization_id(), &project_id, &id)
        .await?;
    let key = key.ok_or_else(|| request.not_found())?;
    request.respond(&ApiKeyObject::from(key))
}

pub(super) async fn update(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    let id: ApiKeyId = request.second_id()?;
    let update: ApiKeyUpdateObject = request.body().await?;
    let origin = request.origin();
    let update = update.update(origin.at)?;
    let keys = request.repositories().api_keys.clone();
    let organization_id = request.organization_id().clone();
    let updating = async move {
        keys.update_in_project(&organization_id, &project_id, &id, update, origin)
            .await
    };
    let key = request
        .change(
            "api_key.updated",
            |owned| owned.listed.key.id.to_string(),
            updating,
        )
        .await?;
    respond(&ApiKeyObject::from(key))
}

pub(super) async fn delete(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let project_id: ProjectId = request.first_id()?;
    let id: ApiKeyId = request.second_id()?;
    let (keys, origin) = (request.repositories().api_keys.clone(), request.origin());
    let organization_id = request.organization_id().clone();
    let revoking = async move {
        keys.revoke_in_project(&organization_id, &project_id, &id, origin)
            .await
    };
    let key = request
        .change("api_key.deleted", |key| key.id.to_string(), revoking)
        .await?;
    respond(&DeletedObject::api_key(key.id.as_str()))
}
