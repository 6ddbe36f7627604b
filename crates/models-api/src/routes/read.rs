//! Reads. One function, [`step`], maps a held lease and a parsed request to a response, or to the data that must be
//! loaded first.
//!
//! `step` reads memory under the lease, and releases the response only if that lease has not expired. The fast path
//! ([`read_from_memory`]) calls it once, before the router. If it refuses the read or memory lacks data, the slow path ([`read`])
//! loads the data and calls it again.

mod allowed;
mod progress;
mod request;

use std::sync::Arc;

use actix_http::body::BoxBody;
use actix_http::{HttpMessage, Request, Response};
use actix_web::HttpRequest;
use models_core::RepositoryError;
use models_node::{BootTime, HeldLease, Released};

use self::allowed::allowed;
pub(crate) use self::progress::Reply;
use self::progress::{Progress, Step};
pub(crate) use self::request::{ReadRequest, Target};
use crate::access::caller::admit;
use crate::access::look_up::look_up;
use crate::access::rate_limit::Allowance;
use crate::access::services::Services;
use crate::access::session::Session;
use crate::clock::now_roughly;
use crate::dialects::openai::error::ApiError;
use crate::dialects::openai::view::View;
use crate::http::coding::Accepted;
use crate::http::conditional::matches;
use crate::http::fields::Fields;
use crate::http::representation::not_modified;
use crate::http::revision::{RevisionHeader, X_MODELS_REVISION};
use crate::node::Node;
use crate::routes::freshness::meet_demands;

/// The number of steps of a read on the slow path. Memory may evict or invalidate data between two steps.
const TRIES: usize = 8;

/// Reads memory under this lease.
fn step(
    services: &Services,
    held: HeldLease,
    request: &ReadRequest<'_>,
    progress: &mut Progress,
) -> Result<Step, ApiError> {
    let node = &services.node;
    let known = node.sessions.get(&held, request.token, now_roughly);
    let known = match (known, &progress.session) {
        (Some(session), _) => Some((held, session)),
        // The session was valid under the earlier lease, and may be used until that lease expires.
        (None, Some((since, session))) => Some((held.and(since), session.clone())),
        (None, None) => None,
    };
    let Some((held, session)) = known else {
        // The refusal of a key must not have the headers of its earlier session.
        (progress.refused, progress.allowance) = (None, None);
        return Ok(Step::NeedsSession);
    };
    let missing = match find(services, held, request, progress, &session) {
        Ok(Found::Response(released)) => {
            let allowance = progress.allowance.clone();
            return Ok(Step::Ready(released.map(|response| Reply {
                session,
                allowance,
                response,
            })));
        }
        Ok(Found::Missing(step)) => Ok(step),
        Err(error) => Err(error),
    };
    progress.refused = Some(session);
    missing
}

/// The result of reading memory for a session's request.
enum Found {
    Response(Released<Response<BoxBody>>),
    Missing(Step),
}

/// Reads memory for this session's request.
fn find(
    services: &Services,
    held: HeldLease,
    request: &ReadRequest<'_>,
    progress: &mut Progress,
    session: &Arc<Session>,
) -> Result<Found, ApiError> {
    let node = &services.node;
    if let Err(error) = admit(
        services,
        session,
        request.fields,
        request.permission,
        &mut progress.allowance,
    ) {
        return refuse(node, held, error);
    }
    if let Target::NoModel(sent) = request.target {
        return refuse(node, held, ApiError::ModelNotFound(sent.to_owned()));
    }
    if request.fields.may_demand_freshness && !progress.is_fresh {
        return Ok(Found::Missing(Step::NeedsFreshness));
    }
    let audience = &session.audience;
    let loaded = progress.view.as_ref().filter(|(_, of, _)| of == audience);
    // An allowed call has the validator of the list.
    let needs_list = matches!(request.target, Target::List | Target::Call(_));
    let lacks_list = |view: &View| needs_list && !view.has_list();
    let (held, view) = match (node.catalog.get(&held, audience), loaded) {
        (Some(view), None) => (held, view),
        (Some(view), Some(_)) if !lacks_list(&view) => (held, view),
        // Memory has lost the view since, or a deletion has replaced it by a view without a rendered list.
        (_, Some((since, _, view))) => (held.and(since), view.clone()),
        // No view is loaded for a malformed id.
        (None, None) if !request.has_id() => return refuse(node, held, not_found(request)),
        (None, None) => return Ok(Found::Missing(Step::NeedsView(session.clone()))),
    };
    if lacks_list(&view) {
        return Ok(Found::Missing(Step::NeedsList(held, session.clone(), view)));
    }
    let Some(mut response) = response(services, request, session, &view) else {
        let refused = refuse(node, held, not_found(request));
        // The refusal of a malformed id does not depend on the catalog, and has no revision.
        let is_told = matches!(refused, Err(ApiError::ModelNotFound(_))) && request.has_id();
        progress.revision = is_told.then(|| RevisionHeader(view.revision()));
        return refused;
    };
    response
        .headers_mut()
        .append(X_MODELS_REVISION, view.revision());
    Ok(Found::Response(node.release(held, response)?))
}

/// Releases a refusal under the lease, because it reveals data in memory: that the key is valid, or that a model does not
/// exist.
fn refuse(node: &Node, held: HeldLease, error: ApiError) -> Result<Found, ApiError> {
    Err(node.release(held, error)?.into_inner())
}

fn not_found(request: &ReadRequest<'_>) -> ApiError {
    ApiError::ModelNotFound(match &request.target {
        Target::Model(id) | Target::Call(Some(id)) => id.clone().into_owned(),
        Target::NoModel(sent) => (*sent).to_owned(),
        Target::List | Target::Call(None) => String::new(),
    })
}

/// Returns the list, the model, or a response 304. `None` if the view has no such model.
fn response(
    services: &Services,
    request: &ReadRequest<'_>,
    session: &Session,
    view: &Arc<View>,
) -> Option<Response<BoxBody>> {
    let mut conditions = request.fields.conditions();
    Some(match &request.target {
        Target::NoModel(_) => return None,
        Target::Call(Some(id)) if !view.has(id) => return None,
        Target::Call(id) => allowed(session, view, id.as_deref()),
        Target::List => {
            let accepted = Accepted::of(request.fields.codings());
            match view.list().validator(conditions, accepted) {
                Some(etag) => not_modified(etag),
                None => services
                    .encoder
                    .list(&session.audience, view, accepted)
                    .into_response(),
            }
        }
        Target::Model(id) => {
            let model = view.model(id)?;
            if conditions.any(|condition| matches(condition, &model.etag)) {
                not_modified(model.etag)
            } else {
                model.into_response()
            }
        }
    })
}

/// The fast path of the API: returns the response if the request is a read that succeeds from memory. `began` is the time
/// at which the request arrived.
pub(crate) fn read_from_memory(
    services: &Services,
    began: BootTime,
    fields: &Fields<'_>,
    request: &Request,
) -> Option<Released<Reply>> {
    if fields.announces_body {
        return None;
    }
    let read = ReadRequest::of(fields, services.credentials)?.ok()?;
    serve_from_memory(services, began, &read, request)
}

/// The fast path: returns the response if the read succeeds from memory.
pub(crate) fn serve_from_memory(
    services: &Services,
    began: BootTime,
    read: &ReadRequest<'_>,
    request: &Request,
) -> Option<Released<Reply>> {
    let held = services.node.hold_at(began)?;
    let mut progress = Progress::default();
    let step = step(services, held, read, &mut progress);
    if let Ok(Step::Ready(reply)) = step {
        return Some(reply);
    }
    // The slow path must not count the request again.
    if let Some(allowance) = progress.allowance {
        request.extensions_mut().insert(allowance);
    }
    None
}

/// The slow path of the API.
pub(crate) async fn read(
    services: &Services,
    request: &HttpRequest,
) -> Result<Response<BoxBody>, ApiError> {
    let fields = Fields::of(request.head());
    let read = ReadRequest::of(&fields, services.credentials)
        .ok_or_else(|| ApiError::Fault("the router took this for a read".to_owned()))??;
    serve(services, request, &read).await
}

/// The slow path: loads the data that memory lacks.
pub(crate) async fn serve(
    services: &Services,
    request: &HttpRequest,
    read: &ReadRequest<'_>,
) -> Result<Response<BoxBody>, ApiError> {
    let mut progress = Progress {
        allowance: request.extensions_mut().remove::<Allowance>(),
        ..Progress::default()
    };
    let reply = load(services, request, read, &mut progress).await;
    let Progress {
        allowance,
        refused,
        revision,
        ..
    } = progress;
    let (allowance, session) = match &reply {
        Ok(reply) => (reply.allowance.clone(), Some(reply.session.clone())),
        Err(_) => (allowance, refused),
    };
    let mut extensions = request.extensions_mut();
    session.map(|session| extensions.insert(session));
    allowance.map(|allowance| extensions.insert(allowance));
    revision.map(|revision| extensions.insert(revision));
    reply.map(|reply| reply.response)
}

async fn load(
    services: &Services,
    request: &HttpRequest,
    read: &ReadRequest<'_>,
    progress: &mut Progress,
) -> Result<Reply, ApiError> {
    let fields = read.fields;
    let node = &services.node;
    for _ in 0..TRIES {
        match step(services, node.hold()?, read, progress)? {
            Step::Ready(reply) => return Ok(reply.into_inner()),
            Step::NeedsSession => {
                let peer = request.peer_addr();
                progress.session = Some(look_up(services, fields, peer, read.token).await?);
            }
            Step::NeedsFreshness => {
                meet_demands(node, fields.headers()).await?;
                progress.is_fresh = true;
            }
            Step::NeedsView(session) => {
                let audience = session.audience.clone();
                let (held, view) = node.catalog.view(|| node.hold(), &audience).await?;
                progress.view = Some((held, audience, view));
            }
            Step::NeedsList(held, session, view) => {
                view.render_list().await?;
                progress.view = Some((held, session.audience.clone(), view));
            }
        }
    }
    Err(
        RepositoryError::Unavailable("the key changes faster than its models can be read".into())
            .into(),
    )
}

#[cfg(test)]
mod combinations;
#[cfg(test)]
mod interleavings;
