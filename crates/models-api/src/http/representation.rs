//! The bytes of a response and their strong validator, which is the same on every node.

use actix_http::body::BoxBody;
use actix_http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue};
use actix_http::{Response, StatusCode};
use actix_web::web::Bytes;
use sha2::{Digest, Sha256};

use crate::http::body::Content;
use crate::http::coding::Coding;
use crate::server::request_id::hexadecimal;

/// The length of a validator with its quotes, in bytes.
pub(crate) const ETAG_LENGTH: usize = 34;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A rendered response body with its validator.
#[derive(Clone)]
pub(crate) struct Representation {
    pub(crate) content: Content,
    pub(crate) etag: HeaderValue,
    /// `None` for bytes without a content coding.
    pub(crate) coding: Option<Coding>,
}

impl Representation {
    /// Returns the response with this representation.
    pub(crate) fn into_response(self) -> Response<BoxBody> {
        let Self {
            content,
            etag,
            coding,
        } = self;
        let mut response = Response::with_body(StatusCode::OK, content.into_body());
        let headers = response.headers_mut();
        headers.append(CONTENT_TYPE, JSON);
        headers.append(ETAG, etag);
        if let Some(coding) = coding {
            let name = HeaderValue::from_static(coding.name());
            headers.insert(CONTENT_ENCODING, name);
        }
        response
    }
}

/// Returns the response to a client that already has the representation with this validator.
pub(crate) fn not_modified(etag: HeaderValue) -> Response<BoxBody> {
    let mut response = Response::with_body(StatusCode::NOT_MODIFIED, BoxBody::new(()));
    response.headers_mut().append(ETAG, etag);
    response
}

/// Appends the validator of the concatenated pieces: the first half of their SHA-256 in quotes. Half is more than enough
/// to tell two representations apart.
pub(crate) fn write_etag<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, etag: &mut Vec<u8>) {
    let mut digest = Sha256::new();
    for piece in pieces {
        digest.update(piece);
    }
    let digest: [u8; 32] = digest.finalize().into();
    etag.push(b'"');
    for byte in &digest[..16] {
        etag.extend(hexadecimal(*byte));
    }
    etag.push(b'"');
}

/// Returns the value of `ETag` for this validator.
pub(crate) fn etag_header(etag: Bytes) -> HeaderValue {
    // Hexadecimal digits, hyphens and quotes are always a valid header value.
    HeaderValue::from_maybe_shared(etag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}
