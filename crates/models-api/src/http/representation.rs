//! The bytes of an answer, and the strong validator that is made from them: the same on every node.

use actix_http::body::BoxBody;
use actix_http::header::{CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue};
use actix_http::{Response, StatusCode};
use actix_web::web::Bytes;
use models_core::RepositoryError;
use sha2::{Digest, Sha256};

use crate::http::body::{Pieces, WHOLE};
use crate::http::coding::Coding;
use crate::server::request_id::hexadecimal;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An object of the wire, rendered.
#[derive(Clone)]
pub(crate) struct Representation {
    pub(crate) body: Bytes,
    pub(crate) etag: HeaderValue,
    /// None for the bytes as they are.
    pub(crate) coding: Option<Coding>,
}

impl Representation {
    pub(crate) fn new(body: Bytes) -> Result<Self, RepositoryError> {
        let mut etag = vec![];
        write_etag(&body, &mut etag);
        let etag = HeaderValue::from_maybe_shared(Bytes::from(etag))
            .map_err(|error| RepositoryError::Failed(error.into()))?;
        Ok(Self {
            body,
            etag,
            coding: None,
        })
    }

    /// The answer with it.
    pub(crate) fn answer(self) -> Response<BoxBody> {
        let Self { body, etag, coding } = self;
        let body = if body.len() > WHOLE {
            BoxBody::new(Pieces::new(body))
        } else {
            BoxBody::new(body)
        };
        let mut response = Response::with_body(StatusCode::OK, body);
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

/// Appends the validator of these bytes: half of their SHA-256, more than enough to tell two answers
/// apart, in quotes.
pub(crate) fn write_etag(body: &[u8], etag: &mut Vec<u8>) {
    let digest: [u8; 32] = Sha256::digest(body).into();
    etag.push(b'"');
    for byte in &digest[..16] {
        etag.extend(hexadecimal(*byte));
    }
    etag.push(b'"');
}
