//! What becomes of the body of a request, as the table of routes says.

use actix_http::header::TRANSFER_ENCODING;
use actix_http::{HttpMessage, Request};
use futures_util::StreamExt;

use crate::dialects::openai::error::ApiError;
use crate::http::framing::announced_length;
use crate::routes::table::{BodyPolicy, Route, Template};
use crate::server::connection::input::Body;

/// The policy of the request's route. Where there is no route, no handler reads the body.
fn policy(request: &Request) -> BodyPolicy {
    let route = Route::find(request.method(), Template::of(request.path()));
    route.map_or(BodyPolicy::None, |route| route.body)
}

/// The refusal of a body that the route does not take, by its announced length. `dropped` is how many bytes may be received
/// and dropped.
pub(super) fn refusal(request: &Request, dropped: u64) -> Option<ApiError> {
    match policy(request) {
        BodyPolicy::None => {
            (announced_length(request)? > dropped).then_some(ApiError::BodyTooLarge)
        }
    }
}

/// Begins to receive the body, as far as the route takes it.
pub(super) fn receive(request: &mut Request, dropped: u64) -> Body {
    match policy(request) {
        BodyPolicy::None => {
            discard_chunks(request);
            Body::of(request, dropped)
        }
    }
}

/// Reads a body without a length to its end, aside, and forgets it. Left alone it would fill the
/// dispatcher's buffer, and the connection would neither go on nor close.
fn discard_chunks(request: &mut Request) {
    if request.headers().contains_key(TRANSFER_ENCODING) {
        let mut body = request.take_payload();
        actix_web::rt::spawn(async move { while let Some(Ok(_)) = body.next().await {} });
    }
}
