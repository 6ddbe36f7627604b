//! `/v1/models`: the handlers that list, retrieve and delete.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use models_core::{Attempt, Deletion, DeletionRefusal, ModelId, Permission};
use models_node::KeyRefusal;
use models_node::use_cases::models::delete_as;

use super::path;
use crate::access::caller::{Authorized, incorrect_api_key};
use crate::access::permission::refusal;
use crate::access::services::Services;
use crate::access::session::Session;
use crate::clock::now;
use crate::dialects::openai::error::ApiError;
use crate::dialects::openai::objects::DeletedModelObject;
use crate::http::revision::RevisionHeader;
use crate::server::requester::Requester;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const X_STAINLESS_RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

/// Lists models or retrieves one.
pub(super) async fn read(
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, ApiError> {
    let response = super::read::read(&services, &request).await?;
    Ok(HttpResponse::from(response))
}

pub(super) async fn delete(
    Authorized(session): Authorized,
    request: HttpRequest,
    services: Data<Services>,
) -> Result<HttpResponse, ApiError> {
    let id = requested_id(&request)?;
    let deletion = delete_and_log(&session, &id, &request, &services).await?;
    match deletion {
        Deletion::Deleted { model, revision } | Deletion::Repeated { model, revision } => {
            let token = services.node.token(revision);
            request.extensions_mut().insert(RevisionHeader::from(token));
            let body = serde_json::to_vec(&DeletedModelObject::from(&model))
                .map_err(|error| ApiError::Fault(error.to_string()))?;
            Ok(HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, JSON))
                .body(body))
        }
        Deletion::Refused(DeletionRefusal::Key(rejection)) => {
            let rejected = KeyRefusal::of(rejection, &session.principal);
            Err(incorrect_api_key(&request, services.credentials, rejected))
        }
        Deletion::Refused(DeletionRefusal::Permission | DeletionRefusal::Public) => {
            Err(refusal(Permission::Delete))
        }
        Deletion::Refused(DeletionRefusal::NotFound) => Err(not_found(&id)),
    }
}

/// Deletes in a separate task. If the client disconnects, the deletion continues and is logged.
async fn delete_and_log(
    session: &Arc<Session>,
    id: &ModelId,
    request: &HttpRequest,
    services: &Services,
) -> Result<Deletion, ApiError> {
    let (session, id, models) = (session.clone(), id.clone(), services.node.models.clone());
    let (requester, attempt) = (Requester::of(request), attempt(request));
    let context = requester.context(services.record_client_addresses);
    let deleting = tokio::spawn(async move {
        let principal = &session.principal;
        let deletion = delete_as(&*models, principal, &id, now(), attempt, context).await;
        if let Ok(Deletion::Deleted { model, revision }) = &deletion {
            requester.changed("model.deleted", principal, model.id.as_str(), *revision);
        }
        deletion
    });
    let deleted = deleting.await;
    Ok(deleted.map_err(|error| ApiError::Fault(error.to_string()))??)
}

/// SDKs send the number of earlier attempts. A malformed number counts as a first attempt.
pub(super) fn attempt(request: &HttpRequest) -> Attempt {
    let count = request
        .headers()
        .get(X_STAINLESS_RETRY_COUNT)
        .and_then(|value| value.to_str().ok());
    match count.and_then(|count| count.parse::<u32>().ok()) {
        None | Some(0) => Attempt::First,
        Some(_) => Attempt::Repeated,
    }
}

/// Returns the id in the path as the client sent it, because the router decodes paths lossily.
pub(super) fn requested_id(request: &HttpRequest) -> Result<ModelId, ApiError> {
    path::model_id(request.uri().path()).map_err(|sent| ApiError::ModelNotFound(sent.to_owned()))
}

fn not_found(id: &ModelId) -> ApiError {
    ApiError::ModelNotFound(id.to_string())
}
