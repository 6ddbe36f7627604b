//! Authorization requests: a gateway sends one before it forwards a client's request.

pub(crate) mod body;
mod known;
pub(crate) mod path;
pub(crate) mod request;
