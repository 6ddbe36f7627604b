//! The headers that carry the catalog's revision.

use actix_http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use models_node::RevisionToken;

/// In a response: the newest revision that the response includes.
pub(crate) const X_MODELS_REVISION: HeaderName = HeaderName::from_static("x-models-revision");
/// In a request: the oldest revision that the response may show.
pub(crate) const X_MODELS_MIN_REVISION: HeaderName =
    HeaderName::from_static("x-models-min-revision");

/// The value of `x-models-revision`. A handler stores it in the extensions of the request.
#[derive(Clone)]
pub(crate) struct RevisionHeader(pub(crate) HeaderValue);

impl From<RevisionToken> for RevisionHeader {
    fn from(token: RevisionToken) -> Self {
        let digits = Bytes::copy_from_slice(token.as_bytes());
        let value = HeaderValue::from_maybe_shared(digits);
        Self(value.unwrap_or_else(|_| HeaderValue::from_static("")))
    }
}
