//! The headers of responses.

use std::time::Duration;

use actix_http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, VARY};

use models_core::Slug;

use crate::access::rate_limit::Allowance;
use crate::access::session::Session;
use crate::server::request_id::RequestId;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OPENAI_VERSION: HeaderName = HeaderName::from_static("openai-version");
const OPENAI_PROCESSING_MS: HeaderName = HeaderName::from_static("openai-processing-ms");
const OPENAI_ORGANIZATION: HeaderName = HeaderName::from_static("openai-organization");
const OPENAI_PROJECT: HeaderName = HeaderName::from_static("openai-project");
const X_RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit-requests");
const X_RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining-requests");
const X_RATELIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset-requests");

/// The value of `openai-version` in OpenAI's own responses.
const VERSION: &str = "2020-10-01";
/// A response is for one caller, and a cache must revalidate it before use.
const PRIVATE: &str = "private, no-cache";
/// The request headers that a response depends on.
const DEPENDS_ON: &str = "Authorization, X-Api-Key, X-Goog-Api-Key, Api-Key, OpenAI-Organization, OpenAI-Project, Accept-Encoding";
pub(super) const DEPENDS_ON_ORIGIN_TOO: &str = "Authorization, X-Api-Key, X-Goog-Api-Key, Api-Key, OpenAI-Organization, OpenAI-Project, Accept-Encoding, Origin";
/// The headers with the same value in every response.
const STANDARD: [(HeaderName, &str); 3] = [
    (OPENAI_VERSION, VERSION),
    (CACHE_CONTROL, PRIVATE),
    (VARY, DEPENDS_ON),
];

pub(super) fn insert_standard(headers: &mut HeaderMap, request_id: RequestId, took: Duration) {
    let took = match took.as_millis() {
        0 => HeaderValue::from_static("0"),
        milliseconds => HeaderValue::from(u64::try_from(milliseconds).unwrap_or(u64::MAX)),
    };
    // The response has none of these headers yet, and appending costs less than replacing.
    headers.append(X_REQUEST_ID, request_id.into());
    headers.append(OPENAI_PROCESSING_MS, took);
    for (name, value) in STANDARD {
        headers.append(name, HeaderValue::from_static(value));
    }
}

pub(super) fn insert_session(headers: &mut HeaderMap, session: &Session) {
    headers.append(OPENAI_ORGANIZATION, session.organization.clone());
    headers.append(OPENAI_PROJECT, session.project.clone());
}

pub(super) fn insert_organization(headers: &mut HeaderMap, slug: &Slug) {
    if let Ok(slug) = HeaderValue::from_str(slug.as_str()) {
        headers.append(OPENAI_ORGANIZATION, slug);
    }
}

pub(super) fn insert_allowance(headers: &mut HeaderMap, allowance: &Allowance) {
    headers.insert(X_RATELIMIT_LIMIT, allowance.limit.into());
    headers.insert(X_RATELIMIT_REMAINING, allowance.remaining.into());
    let reset = format!("{}ms", allowance.reset.as_millis());
    if let Ok(reset) = HeaderValue::try_from(reset) {
        headers.insert(X_RATELIMIT_RESET, reset);
    }
}

/// Returns the headers of a response to a request that could not be parsed.
pub(crate) fn standard_headers(request_id: &RequestId) -> HeaderMap {
    let mut headers = HeaderMap::new();
    insert_standard(&mut headers, request_id.clone(), Duration::ZERO);
    headers
}
