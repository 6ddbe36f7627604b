//! The bytes of an answer, and the strong validator that is made from them: the same on every node.

use actix_http::body::BoxBody;
use actix_http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue};
use actix_http::{Response, StatusCode};
use actix_web::web::Bytes;
use sha2::{Digest, Sha256};

use crate::http::body::Content;
use crate::http::coding::Coding;
use crate::server::request_id::hexadecimal;

/// The length of a validator, with its quotes.
pub(crate) const ETAG_LENGTH: usize = 34;
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An object of the wire, rendered.
#[derive(Clone)]
pub(crate) struct Representation {
    pub(crate) content: Content,
    pub(crate) etag: HeaderValue,
    /// None for the bytes as they are.
    pub(crate) coding: Option<Coding>,
}

impl Representation {
    /// The answer with it.
    pub(crate) fn answer(self) -> Response<BoxBody> {
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

/// The answer to a client that has the representation with this validator.
pub(crate) fn not_modified(etag: HeaderValue) -> Response<BoxBody> {
    let mut response = Response::with_body(StatusCode::NOT_MODIFIED, BoxBody::new(()));
    response.headers_mut().append(ETAG, etag);
    response
}

/// Appends the validator of these bytes, which follow each other: half of their SHA-256, more than enough to tell two
/// answers apart, in quotes.
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

/// The header with this validator.
pub(crate) fn etag_header(etag: Bytes) -> HeaderValue {
    // Hexadecimal digits, hyphens and quotes make a header.
    HeaderValue::from_maybe_shared(etag).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}
