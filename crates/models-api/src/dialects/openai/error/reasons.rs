//! The reasons of refusals in the log and in metrics.

use super::ApiError;
use crate::access::key_refusal::reason;

/// All values of [`ApiError::reason`], and the log's reason for a request that cannot be parsed.
pub(crate) const REASONS: [&str; 16] = [
    "missing",
    "different",
    "gateway",
    "malformed",
    "unknown",
    "expired",
    "revoked",
    "archived",
    "disabled",
    "organization",
    "project",
    "role",
    "kind",
    "rate_limit",
    "too_many_incorrect",
    "unreadable",
];

/// All values of [`ApiError::key_refusal`].
pub(crate) const KEY_REFUSALS: [&str; 10] = [
    "missing",
    "different",
    "gateway",
    "incorrect",
    "organization",
    "project",
    "role",
    "kind",
    "rate_limit",
    "too_many_incorrect",
];

impl ApiError {
    /// Returns the reason of a refusal for the log. For an incorrect key it says more than the response.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        if let Self::IncorrectApiKey { refusal, .. } = self {
            return Some(reason(refusal));
        }
        if let Self::MalformedCredentials = self {
            return Some("malformed");
        }
        self.key_refusal()
    }

    /// Returns the reason of an authentication or authorization failure, and `None` for any other error.
    #[must_use]
    pub fn key_refusal(&self) -> Option<&'static str> {
        match self {
            Self::MissingCredentials | Self::MalformedCredentials => Some("missing"),
            Self::DifferentCredentials => Some("different"),
            Self::IncorrectApiKey { .. } => Some("incorrect"),
            Self::MismatchedOrganization => Some("organization"),
            Self::MismatchedProject => Some("project"),
            Self::MissingScope(_) => Some("role"),
            Self::WrongKeyKind(_) => Some("kind"),
            Self::RateLimited { .. } => Some("rate_limit"),
            Self::TooManyFailures { .. } => Some("too_many_incorrect"),
            Self::UnknownGateway => Some("gateway"),
            Self::BadRequest(_)
            | Self::AmbiguousModel
            | Self::InvalidParameter { .. }
            | Self::ArchivedProject
            | Self::DefaultProject
            | Self::ExpiredKey
            | Self::ResourceNotFound { .. }
            | Self::ModelNotFound(_)
            | Self::DeniedModel(_)
            | Self::ModelExists(_)
            | Self::PublicModelExists(_)
            | Self::PreconditionFailed
            | Self::UnknownUrl { .. }
            | Self::MethodNotAllowed { .. }
            | Self::BodyTooLarge
            | Self::HeadTooLarge
            | Self::RequestTimeout
            | Self::TooManyInFlight
            | Self::Fault(_)
            | Self::Overloaded(_)
            | Self::InDoubt(_) => None,
        }
    }
}
