//! `POST /v1/models` and `POST /v1/models/{model}`: the handlers that register and update.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH, LOCATION};
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use models_core::{
    Actor, Condition, Model, Origin, Permission, RandomPart, Registered, Registrant,
    RegistrationRefusal, RegistrationRepository, RepositoryError,
};
use models_node::KeyRefusal;
use percent_encoding::utf8_percent_encode;
use tokio::time::timeout;

use super::administration::repositories::Repositories;
use super::models::{attempt, requested_id};
use super::path::{IN_PATH, MODELS};
use crate::access::caller::{Authorized, incorrect_api_key};
use crate::access::permission::refusal;
use crate::access::services::Services;
use crate::access::session::Session;
use crate::clock::now;
use crate::dialects::openai::administration::body::{Body, FromBody};
use crate::dialects::openai::error::ApiError;
use crate::dialects::openai::objects::ModelObject;
use crate::dialects::openai::registration::{FieldsObject, NewModelObject, too_long};
use crate::http::conditional::names;
use crate::http::incoming::Incoming;
use crate::http::representation::{etag_header, write_etag};
use crate::http::revision::RevisionHeader;
use crate::random::random_bytes;
use crate::server::requester::Requester;

/// The longest wait until this node shows a registration.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

const JSON: HeaderValue = HeaderValue::from_static("application/json");

pub(super) async fn register(
    Authorized(session): Authorized,
    request: HttpRequest,
    services: Data<Services>,
    repositories: Data<Repositories>,
) -> Result<HttpResponse, ApiError> {
    let new: NewModelObject = body(&request).await?;
    let random = random_bytes().map_err(|error| ApiError::Fault(error.to_string()))?;
    let registration = new.registration(RandomPart::from_random(random))?;
    let (attempt, origin) = (attempt(&request), origin(&request, &services, &session));
    let repository = repositories.registrations.clone();
    let registering = async move {
        repository
            .register(Registrant::Key, registration, attempt, origin)
            .await
    };
    let registered = change(&request, &session, registering).await?;
    respond(&request, &services, &session, registered).await
}

pub(super) async fn update(
    Authorized(session): Authorized,
    request: HttpRequest,
    services: Data<Services>,
    repositories: Data<Repositories>,
) -> Result<HttpResponse, ApiError> {
    let id = requested_id(&request)?;
    let fields: FieldsObject = body(&request).await?;
    let (fields, condition) = (fields.named()?, condition(&request));
    let origin = origin(&request, &services, &session);
    let repository: Arc<dyn RegistrationRepository> = repositories.registrations.clone();
    let updating = async move {
        repository
            .update(Registrant::Key, id, fields, condition, origin)
            .await
    };
    let updated = change(&request, &session, updating).await?;
    respond(&request, &services, &session, updated).await
}

/// Reads the body.
async fn body<T: FromBody>(request: &HttpRequest) -> Result<T, ApiError> {
    let incoming = request.extensions_mut().remove::<Incoming>();
    let incoming = incoming
        .ok_or_else(|| ApiError::Fault("the table has no body for this route".to_owned()))?;
    Body::read(&incoming.read().await?.bytes)
}

/// The origin of a change by this request. Its time is the present one: the body may have taken long, and the change
/// checks whether the key is valid at this time.
fn origin(request: &HttpRequest, services: &Services, session: &Session) -> Origin {
    Origin {
        actor: Actor::ApiKey(session.principal.key_id.clone()),
        context: Requester::of(request).context(services.record_client_addresses),
        at: now(),
    }
}

/// The condition of `If-Match` on the model before the change. It may hold the validator with the name of a coding, or as
/// a weak one, because gateways that compress responses change it so.
fn condition(request: &HttpRequest) -> Option<Condition> {
    let conditions: Vec<_> = request.headers().get_all(IF_MATCH).cloned().collect();
    (!conditions.is_empty()).then(|| {
        Arc::new(move |model: &Model| {
            let rendered = render(model);
            let matches = |(_, etag): (_, HeaderValue)| {
                conditions.iter().any(|condition| names(condition, &etag))
            };
            rendered.is_ok_and(matches)
        }) as Condition
    })
}

/// The object of a model and its validator.
fn render(model: &Model) -> Result<(Vec<u8>, HeaderValue), ApiError> {
    let object = serde_json::to_vec(&ModelObject::from(model))
        .map_err(|error| ApiError::Fault(error.to_string()))?;
    let mut etag = vec![];
    write_etag([&object[..]], &mut etag);
    Ok((object, etag_header(etag.into())))
}

/// Makes the change in a separate task. If the client disconnects, the change continues and is logged.
async fn change(
    request: &HttpRequest,
    session: &Arc<Session>,
    change: impl Future<Output = Result<Result<Registered, RegistrationRefusal>, RepositoryError>>
    + Send
    + 'static,
) -> Result<Result<Registered, RegistrationRefusal>, ApiError> {
    let (requester, session) = (Requester::of(request), session.clone());
    let changing = tokio::spawn(async move {
        let changed = change.await;
        let logged = match &changed {
            Ok(Ok(Registered::Created { model, revision })) => {
                Some(("model.created", model, revision))
            }
            Ok(Ok(Registered::Updated { model, revision })) => {
                Some(("model.updated", model, revision))
            }
            Ok(Ok(Registered::Unchanged { .. }) | Err(_)) | Err(_) => None,
        };
        if let Some((kind, model, revision)) = logged {
            requester.changed(kind, &session.principal, model.id.as_str(), *revision);
        }
        changed
    });
    let changed = changing.await;
    Ok(changed.map_err(|error| ApiError::Fault(error.to_string()))??)
}

async fn respond(
    request: &HttpRequest,
    services: &Services,
    session: &Session,
    outcome: Result<Registered, RegistrationRefusal>,
) -> Result<HttpResponse, ApiError> {
    let registered = outcome.map_err(|refusal| refused(request, services, session, refusal))?;
    let (Registered::Created { model, revision }
    | Registered::Updated { model, revision }
    | Registered::Unchanged { model, revision }) = registered;
    if services.node.applied() < revision {
        show(services).await;
    }
    let token = services.node.token(revision);
    request.extensions_mut().insert(RevisionHeader::from(token));
    let (object, etag) = render(&model)?;
    let path = format!(
        "{MODELS}{}",
        utf8_percent_encode(model.id.as_str(), IN_PATH)
    );
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((ETAG, etag))
        .insert_header((LOCATION, path))
        .body(object))
}

/// Waits until this node shows the registration, so that the caller reads its own write from it. If that takes long, the
/// response tells the caller nevertheless that the model is registered. Its revision demands the model of later reads.
async fn show(services: &Services) {
    let caught_up = timeout(LONGEST_WAIT, services.node.catch_up()).await;
    if !matches!(caught_up, Ok(Ok(()))) {
        tracing::debug!("failed to catch up with a registration");
    }
}

fn refused(
    request: &HttpRequest,
    services: &Services,
    session: &Session,
    refused: RegistrationRefusal,
) -> ApiError {
    match refused {
        RegistrationRefusal::Key(rejection) => {
            let rejected = KeyRefusal::of(rejection, &session.principal);
            incorrect_api_key(request, services.credentials, rejected)
        }
        RegistrationRefusal::Permission => refusal(Permission::WriteModels),
        RegistrationRefusal::Denied(id) => ApiError::DeniedModel(id.into()),
        RegistrationRefusal::Public(id) => ApiError::PublicModelExists(id.into()),
        RegistrationRefusal::Different(id) => ApiError::ModelExists(id.into()),
        RegistrationRefusal::NotFound(id) => ApiError::ModelNotFound(id.into()),
        RegistrationRefusal::TooLong => too_long(),
        RegistrationRefusal::Condition => ApiError::PreconditionFailed,
    }
}
