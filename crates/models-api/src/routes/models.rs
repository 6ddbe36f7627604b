//! `/v1/models`: list, retrieve, delete.

use actix_web::http::header::{CONTENT_TYPE, HeaderName};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use models_core::{Attempt, Deletion, DeletionRefusal, ModelId};

use crate::application::Services;
use crate::caller::{self, Caller, Owner, incorrect_api_key};
use crate::catalog::render;
use crate::clock::now;
use crate::error::ApiError;
use crate::objects::DeletedModelObject;
use crate::path;

const X_STAINLESS_RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

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
    match services
        .catalog
        .delete(&principal, &id, now(), attempt(&request))
        .await?
    {
        Deletion::Deleted(model) | Deletion::Repeated(model) => {
            Ok(json(render(&DeletedModelObject::from(&model))?))
        }
        Deletion::Refused(DeletionRefusal::Key(_)) => Err(incorrect_api_key(&request)),
        Deletion::Refused(DeletionRefusal::Role | DeletionRefusal::Public) => {
            Err(ApiError::MissingScope(caller::DELETE))
        }
        Deletion::Refused(DeletionRefusal::NotFound) => Err(not_found(&id)),
    }
}

/// The SDKs count how often they have asked before; what is no count is a first attempt.
fn attempt(request: &HttpRequest) -> Attempt {
    let count = request
        .headers()
        .get(X_STAINLESS_RETRY_COUNT)
        .and_then(|value| value.to_str().ok());
    match count.and_then(|count| count.parse::<u32>().ok()) {
        None | Some(0) => Attempt::First,
        Some(_) => Attempt::Repeated,
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
