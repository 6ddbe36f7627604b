//! `/v1/models`: list, retrieve, delete.

use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use models_core::{Attempt, Deletion, DeletionRefusal, ModelId};

use crate::application::Services;
use crate::body::{PIECE, Pieces};
use crate::caller::{self, Caller, Owner, incorrect_api_key};
use crate::clock::now;
use crate::conditional::matches;
use crate::error::ApiError;
use crate::node::Node;
use crate::objects::DeletedModelObject;
use crate::path;
use crate::representation::Representation;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const X_STAINLESS_RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

pub(super) async fn list(
    Caller(principal): Caller,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, ApiError> {
    let list = services.node.catalog.list(&principal).await?;
    represent(&request, &services.node, list)
}

pub(super) async fn retrieve(
    Caller(principal): Caller,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, ApiError> {
    let id = requested_id(&request)?;
    let object = services.node.catalog.retrieve(&principal, &id).await?;
    match object {
        Some(object) => represent(&request, &services.node, object),
        None => services
            .node
            .check_lease()
            .map_err(ApiError::from)
            .and(Err(not_found(&id))),
    }
}

pub(super) async fn delete(
    Owner(principal): Owner,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, ApiError> {
    let id = requested_id(&request)?;
    match services
        .node
        .catalog
        .delete(&principal, &id, now(), attempt(&request))
        .await?
    {
        Deletion::Deleted(model) | Deletion::Repeated(model) => {
            let body = serde_json::to_vec(&DeletedModelObject::from(&model))
                .map_err(|error| ApiError::Fault(error.to_string()))?;
            Ok(HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, JSON))
                .body(body))
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

/// The answer with this representation, or 304 to a client that has it already; if the node may
/// still say so, which is asked last of all.
fn represent(
    request: &HttpRequest,
    node: &Node,
    representation: Representation,
) -> Result<HttpResponse, ApiError> {
    node.check_lease()?;
    let Representation { body, etag } = representation;
    let mut conditions = request.headers().get_all(IF_NONE_MATCH);
    if conditions.any(|condition| matches(condition, &etag)) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, etag))
            .finish());
    }
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((ETAG, etag));
    Ok(if body.len() > PIECE {
        response.body(Pieces::new(body))
    } else {
        response.body(body)
    })
}

/// The id in the path, read from the path as it was sent.
fn requested_id(request: &HttpRequest) -> Result<ModelId, ApiError> {
    path::model_id(request.uri().path()).map_err(|sent| ApiError::ModelNotFound(sent.to_owned()))
}

fn not_found(id: &ModelId) -> ApiError {
    ApiError::ModelNotFound(id.to_string())
}
