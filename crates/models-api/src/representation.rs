//! The bytes of an answer, and the strong validator that is made from them: the same on every node.

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::RepositoryError;
use sha2::{Digest, Sha256};

/// An object of the wire, rendered.
#[derive(Clone)]
pub(crate) struct Representation {
    pub(crate) body: Bytes,
    pub(crate) etag: HeaderValue,
}

impl Representation {
    pub(crate) fn new(body: Bytes) -> Result<Self, RepositoryError> {
        let mut etag = vec![];
        write_etag(&body, &mut etag);
        let etag = HeaderValue::from_maybe_shared(Bytes::from(etag))
            .map_err(|error| RepositoryError::Failed(error.into()))?;
        Ok(Self { body, etag })
    }
}

/// Appends the validator of these bytes: half of their SHA-256, more than enough to tell two answers
/// apart, in quotes.
pub(crate) fn write_etag(body: &[u8], etag: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digest: [u8; 32] = Sha256::digest(body).into();
    etag.push(b'"');
    for byte in &digest[..16] {
        etag.push(DIGITS[usize::from(byte >> 4)]);
        etag.push(DIGITS[usize::from(byte & 15)]);
    }
    etag.push(b'"');
}
