//! The error of a body without a readable model.

/// The reason why the service reads no model from a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// The body is not JSON, or not an object.
    Malformed,
    /// The JSON nests too deeply, or the form has too many parts.
    TooDeep,
    /// The body is longer than `authorization.body_mib` allows.
    TooLarge,
    /// The body is empty: the gateway does not forward bodies.
    Empty,
    /// The body has no key `model`.
    NoModel,
    /// The body has two keys `model`.
    TwoModels,
    /// The body has the key `model` in another case, such as `Model`.
    KeyInOtherCase,
    /// The body has a key with further models.
    FurtherModels,
    /// The value of `model` is not a string, or is longer than any model id.
    ModelIsNoText,
}
