//! The names of refusals in the log.

use models_core::{KeyRejection, Suspension};
use models_node::KeyRefusal;

/// Returns the name of a refusal, one of [`REASONS`](crate::dialects::openai::error::REASONS).
pub(crate) fn reason(refusal: &KeyRefusal) -> &'static str {
    match refusal {
        KeyRefusal::Malformed => "malformed",
        KeyRefusal::Unknown => "unknown",
        KeyRefusal::Bad(KeyRejection::Revoked, ..) => "revoked",
        KeyRefusal::Bad(KeyRejection::Expired, ..) => "expired",
        KeyRefusal::Bad(KeyRejection::Suspended(Suspension::ProjectArchived), ..) => "archived",
        KeyRefusal::Bad(KeyRejection::Suspended(Suspension::OrganizationDisabled), ..) => {
            "disabled"
        }
        KeyRefusal::WrongKind => "kind",
    }
}
