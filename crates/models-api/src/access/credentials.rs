//! The credential of a request.

use actix_web::http::header::HeaderValue;

use crate::dialects::openai::error::ApiError;
use crate::http::fields::{Field, Fields};

/// Returns the token of the `Authorization` header: everything after the first space of `Bearer …`. The scheme is not
/// case-sensitive. Fails if the header is absent, repeated or malformed.
pub(crate) fn token<'a>(fields: &Fields<'a>) -> Result<&'a [u8], ApiError> {
    match fields.authorization {
        Field::Absent => Err(ApiError::MissingCredentials),
        Field::Repeated => Err(ApiError::BadRequest(
            "There must be one Authorization header.",
        )),
        Field::Once(value) => bearer(value)
            .filter(|token| !token.trim_ascii().is_empty())
            .ok_or(ApiError::MalformedCredentials),
    }
}

fn bearer(authorization: &HeaderValue) -> Option<&[u8]> {
    const SCHEME: usize = "Bearer ".len();
    let (scheme, token) = authorization.as_bytes().split_at_checked(SCHEME)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}
