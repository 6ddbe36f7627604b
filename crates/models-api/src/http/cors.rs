//! Browsers: which origins may read the answers. Off unless origins are configured; then right on
//! errors too, whoever raised them, which is why this is not a middleware of the application's.

use actix_http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN,
};
use actix_http::{HttpMessage, Method, Request};

const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-request-id, openai-version, openai-processing-ms, openai-organization, openai-project, etag, x-models-revision, retry-after, x-should-retry",
);
/// A day, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

/// The origins that may read the answers.
#[derive(Debug, Clone)]
pub(crate) struct Cors {
    origins: Vec<HeaderValue>,
    /// The methods of the API.
    methods: HeaderValue,
}

impl Cors {
    pub(crate) fn new(origins: &[HeaderValue], methods: HeaderValue) -> Self {
        Self {
            origins: origins.to_vec(),
            methods,
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        !self.origins.is_empty()
    }

    /// The request's origin, if it is one of those.
    pub(crate) fn allowed_origin(&self, request: &Request) -> Option<HeaderValue> {
        if !self.is_on() {
            return None;
        }
        let origin = request.headers().get(ORIGIN)?;
        self.origins
            .iter()
            .find(|allowed| *allowed == origin)
            .cloned()
    }

    /// Whether this asks what may be asked, in place of asking.
    pub(crate) fn is_preflight(&self, request: &Request) -> bool {
        self.is_on()
            && request.method() == Method::OPTIONS
            && request.headers().contains_key(ORIGIN)
            && request
                .headers()
                .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// What the preflight of an allowed origin is told. The headers it asks for are all allowed: SDKs send many of
    /// their own.
    pub(crate) fn preflight(&self, requested: Option<HeaderValue>, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        if let Some(requested) = requested {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, requested);
        }
    }
}

/// The headers that a preflight asks for, if they are a list of names.
pub(crate) fn requested_headers(request: &Request) -> Option<HeaderValue> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_, ".contains(byte);
    let requested = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS)?;
    requested
        .as_bytes()
        .iter()
        .all(is_name)
        .then(|| requested.clone())
}

/// Lets the origin read this answer.
pub(crate) fn allow(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
