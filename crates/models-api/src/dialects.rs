//! The wire formats of the catalog.

pub(crate) mod openai;
