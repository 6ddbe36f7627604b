//! `/v1/models`: list, retrieve, delete.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use models_core::{Deletion, DeletionRefusal, ModelId};

use crate::application::Services;
use crate::caller::{Caller, Owner, incorrect_api_key};
use crate::catalog::render;
use crate::clock::now;
use crate::error::ApiError;
use crate::objects::DeletedModelObject;
use crate::path;

pub(super) async fn list(
    Caller(principal): Caller,
    services: Data<Services>,
) -> Result<HttpResponse, ApiError> {
    Ok(json(services.catalog.list(&principal).await?))
}

pub(super) async fn retrieve(
    Caller(principal): Caller,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, ApiError> {
    let id = requested_id(&request)?;
    let object = services.catalog.retrieve(&principal, &id).await?;
    object.map(json).ok_or_else(|| not_found(&id))
}

pub(super) async fn delete(
    Owner(principal): Owner,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, ApiError> {
    let id = requested_id(&request)?;
    match services.catalog.delete(&principal, &id, now()).await? {
        Deletion::Deleted(model) => Ok(json(render(&DeletedModelObject::from(&model))?)),
        Deletion::Refused(DeletionRefusal::Key(_)) => Err(incorrect_api_key(&request)),
        Deletion::Refused(DeletionRefusal::Role | DeletionRefusal::Public) => {
            Err(ApiError::MissingScope("api.delete"))
        }
        Deletion::Refused(DeletionRefusal::NotFound) => Err(not_found(&id)),
    }
}

fn json(body: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(body)
}

/// The id in the path, read from the path as it was sent.
fn requested_id(request: &HttpRequest) -> Result<ModelId, ApiError> {
    path::model_id(request.uri().path()).map_err(|sent| ApiError::ModelNotFound(sent.to_owned()))
}

fn not_found(id: &ModelId) -> ApiError {
    ApiError::ModelNotFound(id.to_string())
}
