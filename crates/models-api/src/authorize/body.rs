//! The model that a request's body names.

pub(crate) mod form;
pub(crate) mod json;

/// The reason why a body names no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// The body is not JSON, or not an object.
    Malformed,
    /// The nesting is deeper than any parser must accept.
    TooDeep,
    /// The body is longer than `authorization.body_mib` allows.
    TooLarge,
    /// There is no key `model`.
    NoModel,
    /// There are two keys `model`.
    TwoModels,
    /// There is a key such as `Model`.
    KeyInOtherCase,
    /// The value of `model` is not a string, or longer than any id.
    ModelIsNoText,
}
