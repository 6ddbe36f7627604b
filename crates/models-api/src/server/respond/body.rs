//! Receives the body of a request according to the table of routes.

use actix_http::header::TRANSFER_ENCODING;
use actix_http::{HttpMessage, Request};
use futures_util::StreamExt;

use crate::dialects::openai::error::ApiError;
use crate::http::framing::announced_length;
use crate::routes::table::{BodyPolicy, Route, Template};
use crate::server::connection::input::Body;

/// Returns the policy of the request's route. A request without a route has no handler that reads the body.
fn policy(request: &Request) -> BodyPolicy {
    let route = Route::find(request.method(), Template::of(request.path()));
    route.map_or(BodyPolicy::None, |route| route.body)
}

/// Refuses a body whose announced length exceeds the limit. `dropped` is the number of bytes that may be received and
/// dropped.
pub(super) fn refusal(request: &Request, dropped: u64) -> Option<ApiError> {
    match policy(request) {
        BodyPolicy::None => {
            (announced_length(request)? > dropped).then_some(ApiError::BodyTooLarge)
        }
    }
}

/// Begins to receive the body according to the policy of the route.
pub(super) fn receive(request: &mut Request, dropped: u64) -> Body {
    match policy(request) {
        BodyPolicy::None => {
            discard_chunks(request);
            Body::of(request, dropped)
        }
    }
}

/// Starts a task that reads a chunked body to its end and drops it. An unread body would fill the dispatcher's buffer,
/// and the connection would neither continue nor close.
fn discard_chunks(request: &mut Request) {
    if request.headers().contains_key(TRANSFER_ENCODING) {
        let mut body = request.take_payload();
        actix_web::rt::spawn(async move { while let Some(Ok(_)) = body.next().await {} });
    }
}
