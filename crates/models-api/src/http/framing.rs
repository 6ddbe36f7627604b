//! The framing of a request: its announced body, and upgrades of its connection.

use actix_http::header::CONTENT_LENGTH;
use actix_http::{ConnectionType, HttpMessage, Request};

/// Whether the request offers another protocol. The dispatcher would then close the connection without announcing it.
/// The connection hides most such offers from the dispatcher.
pub(crate) fn is_upgrade(request: &Request) -> bool {
    request.head().connection_type() == ConnectionType::Upgrade
}

/// The length of the body that the head announces, in bytes.
pub(crate) fn announced_length(request: &Request) -> Option<u64> {
    request
        .headers()
        .get(CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}
