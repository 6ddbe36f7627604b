//! The questions of gateways: may this credential call this model?

pub(crate) mod body;
mod known;
pub(crate) mod path;
pub(crate) mod question;
