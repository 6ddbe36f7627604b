//! Receives the body of a request according to the table of routes.

use actix_http::header::TRANSFER_ENCODING;
use actix_http::{HttpMessage, Request};
use futures_util::StreamExt;

use super::limits::{Listener, RequestLimits};
use crate::dialects::openai::error::ApiError;
use crate::http::framing::announced_length;
use crate::http::incoming::Incoming;
use crate::http::streamed::Streamed;
use crate::routes::table::{BodyPolicy, Template, served};
use crate::server::connection::input::Body;

/// Returns the policy of the request's route. A request without a route has no handler that reads the body.
fn policy(request: &Request, limits: &RequestLimits) -> BodyPolicy {
    let template = Template::of(request.path());
    match limits.listener {
        Listener::Api { administration } => {
            let mut routes = served(administration);
            let route = routes
                .find(|route| route.template == template && route.method == *request.method());
            route.map_or(BodyPolicy::None, |route| route.body)
        }
        // nginx announces the body of the client's request, and sends a GET without it.
        Listener::Authorization { most_body }
            if template == Template::Authorize && !request.method().is_safe() =>
        {
            BodyPolicy::Streamed(most_body)
        }
        Listener::Authorization { .. } => BodyPolicy::None,
    }
}

/// The number of bytes that the body of this request may have.
fn most(policy: BodyPolicy, limits: &RequestLimits) -> u64 {
    match policy {
        BodyPolicy::None => limits.dropped_body,
        BodyPolicy::Json(most) | BodyPolicy::Streamed(most) => most,
    }
}

/// Refuses a body whose announced length exceeds the limit.
pub(super) fn refusal(request: &Request, limits: &RequestLimits) -> Option<ApiError> {
    let most = most(policy(request, limits), limits);
    (announced_length(request)? > most).then_some(ApiError::BodyTooLarge)
}

/// Begins to receive the body according to the policy of the route.
pub(super) fn receive(request: &mut Request, limits: &RequestLimits) -> Body {
    let policy = policy(request, limits);
    match policy {
        BodyPolicy::None => discard_chunks(request),
        BodyPolicy::Json(most) => {
            let announced = announced_length(request);
            let memory = limits.bodies.clone();
            let incoming = Incoming::new(request.take_payload(), announced, most, memory);
            request.extensions_mut().insert(incoming);
        }
        BodyPolicy::Streamed(most) => {
            let body = Streamed::new(request.take_payload(), most);
            request.extensions_mut().insert(body);
        }
    }
    Body::of(request, most(policy, limits))
}

/// Starts a task that reads a chunked body to its end and drops it. An unread body would fill the dispatcher's buffer,
/// and the connection would neither continue nor close.
fn discard_chunks(request: &mut Request) {
    if request.headers().contains_key(TRANSFER_ENCODING) {
        let mut body = request.take_payload();
        actix_web::rt::spawn(async move { while let Some(Ok(_)) = body.next().await {} });
    }
}
