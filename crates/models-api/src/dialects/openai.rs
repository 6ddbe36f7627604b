//! OpenAI's wire format: the model object, the list, the objects of administration and the error envelope.

pub(crate) mod administration;
pub(crate) mod encoder;
pub(crate) mod error;
pub(crate) mod list;
pub(crate) mod objects;
pub(crate) mod registration;
pub(crate) mod view;
