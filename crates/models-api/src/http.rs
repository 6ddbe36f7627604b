//! HTTP that does not depend on the routes: content codings, validators, CORS and bodies.

pub(crate) mod body;
pub(crate) mod coding;
pub(crate) mod conditional;
pub(crate) mod cors;
pub(crate) mod escapes;
pub(crate) mod fields;
pub(crate) mod framing;
pub(crate) mod incoming;
pub(crate) mod representation;
pub(crate) mod revision;
pub(crate) mod streamed;
