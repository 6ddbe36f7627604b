//! The headers in which clients are told of the catalog's revision, and ask for it.

use actix_http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use models_node::RevisionToken;

/// On a response: the newest change that is in what it was made from.
pub(crate) const X_MODELS_REVISION: HeaderName = HeaderName::from_static("x-models-revision");
/// On a request: what the response must at least be made from.
pub(crate) const X_MODELS_MIN_REVISION: HeaderName =
    HeaderName::from_static("x-models-min-revision");

/// The value of `x-models-revision`, as a handler leaves it for the response.
#[derive(Clone)]
pub(crate) struct RevisionHeader(pub(crate) HeaderValue);

impl From<RevisionToken> for RevisionHeader {
    fn from(token: RevisionToken) -> Self {
        let digits = Bytes::copy_from_slice(token.as_bytes());
        let value = HeaderValue::from_maybe_shared(digits);
        Self(value.unwrap_or_else(|_| HeaderValue::from_static("")))
    }
}
