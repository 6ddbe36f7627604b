//! How a request is framed: its body, and what else its connection could become.

use actix_http::header::CONTENT_LENGTH;
use actix_http::{ConnectionType, HttpMessage, Request};

/// Whether the dispatcher would close the connection without saying so, since another protocol was offered.
/// The connection hides most such offers from it.
pub(crate) fn is_upgrade(request: &Request) -> bool {
    request.head().connection_type() == ConnectionType::Upgrade
}

/// How many bytes of body the head of a request announces.
pub(crate) fn announced_length(request: &Request) -> Option<u64> {
    request
        .headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
