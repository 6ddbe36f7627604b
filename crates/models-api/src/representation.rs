//! The bytes of an answer, and the strong validator that is made from them: the same on every node.

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::RepositoryError;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// An object of the wire, rendered.
pub(crate) struct Representation {
    pub(crate) body: Bytes,
    pub(crate) etag: HeaderValue,
}

impl Representation {
    pub(crate) fn of(object: &impl Serialize) -> Result<Self, RepositoryError> {
        let body =
            serde_json::to_vec(object).map_err(|error| RepositoryError::Failed(error.into()))?;
        // Half of the SHA-256 is more than enough to tell two answers apart.
        let digest: [u8; 32] = Sha256::digest(&body).into();
        let hash = digest[..16]
            .iter()
            .fold(0_u128, |hash, byte| hash << 8 | u128::from(*byte));
        let etag = HeaderValue::from_str(&format!("\"{hash:032x}\""));
        let etag = etag.map_err(|error| RepositoryError::Failed(error.into()))?;
        Ok(Self {
            body: Bytes::from(body),
            etag,
        })
    }
}
