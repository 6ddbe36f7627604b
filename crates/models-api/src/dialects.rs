//! The forms in which the catalog is sent.

pub(crate) mod openai;
