//! What the log calls the reasons why a token is no good key.

use models_core::KeyRejection;
use models_node::KeyRefusal;

/// One of [`REASONS`](crate::dialects::openai::error::REASONS).
pub(crate) fn reason(refusal: &KeyRefusal) -> &'static str {
    match refusal {
        KeyRefusal::Malformed => "malformed",
        KeyRefusal::Unknown => "unknown",
        KeyRefusal::Bad(KeyRejection::Revoked, ..) => "revoked",
        KeyRefusal::Bad(KeyRejection::Expired, ..) => "expired",
    }
}
