//! CORS: the origins whose pages may read responses. It is off unless the settings name origins. It is not a middleware
//! of the application, because error responses from outside the application need these headers too.

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

/// The origins whose pages may read responses.
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

    /// No page may read responses.
    pub(crate) fn off() -> Self {
        Self::new(&[], HeaderValue::from_static(""))
    }

    pub(crate) fn is_on(&self) -> bool {
        !self.origins.is_empty()
    }

    /// Returns the origin of the request, if it is allowed.
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

    /// Whether the request is a preflight.
    pub(crate) fn is_preflight(&self, request: &Request) -> bool {
        self.is_on()
            && request.method() == Method::OPTIONS
            && request.headers().contains_key(ORIGIN)
            && request
                .headers()
                .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Adds the headers of a response to a preflight from an allowed origin. It allows all requested headers, because
    /// SDKs send many headers of their own.
    pub(crate) fn preflight(&self, requested: Option<HeaderValue>, headers: &mut HeaderMap) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        if let Some(requested) = requested {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, requested);
        }
    }
}

/// Returns the headers that a preflight requests, if they are a list of names.
pub(crate) fn requested_headers(request: &Request) -> Option<HeaderValue> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_, ".contains(byte);
    let requested = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS)?;
    requested
        .as_bytes()
        .iter()
        .all(is_name)
        .then(|| requested.clone())
}

/// Adds the headers that let pages of this origin read the response.
pub(crate) fn allow(origin: HeaderValue, headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
