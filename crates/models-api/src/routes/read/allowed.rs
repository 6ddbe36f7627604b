//! The response to an authorization request for an allowed call.

use actix_http::body::BoxBody;
use actix_http::header::{HeaderName, HeaderValue};
use actix_http::{Response, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::access::session::Session;
use crate::dialects::openai::view::View;

const X_MODELS_ORGANIZATION: HeaderName = HeaderName::from_static("x-models-organization");
const X_MODELS_PROJECT: HeaderName = HeaderName::from_static("x-models-project");
const X_MODELS_KEY: HeaderName = HeaderName::from_static("x-models-key");
const X_MODELS_ROLE: HeaderName = HeaderName::from_static("x-models-role");
const X_MODELS_MODEL: HeaderName = HeaderName::from_static("x-models-model");
const X_MODELS_ETAG: HeaderName = HeaderName::from_static("x-models-etag");

/// The characters that are percent-encoded in `X-Models-Model`.
const NOT_IN_HEADERS: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'"').add(b',');

/// The response to an authorization request for an allowed call. Envoy accepts no other status than 200.
pub(super) fn allowed(session: &Session, view: &View, id: Option<&str>) -> Response<BoxBody> {
    let mut response = Response::with_body(StatusCode::OK, BoxBody::new(()));
    let headers = response.headers_mut();
    headers.append(X_MODELS_ORGANIZATION, session.organization.clone());
    headers.append(X_MODELS_PROJECT, session.project.clone());
    headers.append(X_MODELS_ETAG, view.list().etag());
    let principal = &session.principal;
    let encoded = id.map(|id| utf8_percent_encode(id, NOT_IN_HEADERS).to_string());
    for (name, value) in [
        (X_MODELS_KEY, Some(principal.key_id.as_str())),
        (X_MODELS_ROLE, Some(principal.role.as_str())),
        (X_MODELS_MODEL, encoded.as_deref()),
    ] {
        // All of them are visible ASCII characters.
        if let Some(Ok(value)) = value.map(HeaderValue::from_str) {
            headers.append(name, value);
        }
    }
    response
}
