//! `/v1/organization/admin_api_keys`.

use actix_web::HttpResponse;
use models_core::{Actor, AdminApiKeyId, ListedAdminApiKey};
use models_node::use_cases::admin_keys::{self, NewAdminKey};

use super::request::{AdminRequest, respond};
use crate::dialects::openai::administration::admin_api_keys::{
    AdminApiKeyObject, NewAdminApiKeyObject,
};
use crate::dialects::openai::administration::deleted::DeletedObject;
use crate::dialects::openai::administration::list::ListObject;
use crate::dialects::openai::error::ApiError;
use crate::random::new_admin_secret;

pub(super) async fn list(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let page = request.query().ordered_page()?;
    let keys = &request.repositories().admin_api_keys;
    let page = keys.list(request.organization_id(), page).await?;
    request.respond(&ListObject::of(page, AdminApiKeyObject::from))
}

pub(super) async fn create(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let new: NewAdminApiKeyObject = request.body().await?;
    let origin = request.origin();
    let new = NewAdminKey {
        id: None,
        name: new.name()?,
        expires_at: new.expires_at(origin.at)?,
    };
    let secret = new_admin_secret().map_err(|error| ApiError::Fault(error.to_string()))?;
    let administrator = request.administrator().clone();
    let keys = request.repositories().admin_api_keys.clone();
    let minted = secret.clone();
    let creating = async move {
        let organization = (
            &administrator.organization_id,
            &administrator.organization_slug,
        );
        admin_keys::create(&*keys, organization, new, &minted, origin).await
    };
    let key = request
        .change("admin_api_key.created", |key| key.id.to_string(), creating)
        .await?;
    let created = ListedAdminApiKey {
        key,
        creator: Actor::AdminApiKey(request.administrator().key_id.clone()),
        last_used_at: None,
    };
    respond(&AdminApiKeyObject::from(created).with_value(secret.expose()))
}

pub(super) async fn retrieve(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let id: AdminApiKeyId = request.first_id()?;
    let keys = &request.repositories().admin_api_keys;
    let key = keys.find(request.organization_id(), &id).await?;
    let key = key.ok_or_else(|| request.not_found())?;
    request.respond(&AdminApiKeyObject::from(key))
}

pub(super) async fn delete(request: AdminRequest) -> Result<HttpResponse, ApiError> {
    let id: AdminApiKeyId = request.first_id()?;
    let (keys, origin) = (
        request.repositories().admin_api_keys.clone(),
        request.origin(),
    );
    let organization_id = request.organization_id().clone();
    let revoking = async move { keys.revoke(&organization_id, &id, origin).await };
    let key = request
        .change("admin_api_key.deleted", |key| key.id.to_string(), revoking)
        .await?;
    respond(&DeletedObject::admin_api_key(key.id.as_str()))
}
