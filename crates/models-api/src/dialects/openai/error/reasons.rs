//! Why a request was refused, for the log and the metrics.

use super::ApiError;
use crate::access::key_refusal::reason;

/// All that [`ApiError::reason`] returns, and what the log says of a request that cannot be read.
pub(crate) const REASONS: [&str; 11] = [
    "missing",
    "malformed",
    "unknown",
    "expired",
    "revoked",
    "organization",
    "project",
    "role",
    "rate_limit",
    "too_many_incorrect",
    "unreadable",
];

/// All that [`ApiError::key_refusal`] answers.
pub(crate) const KEY_REFUSALS: [&str; 7] = [
    "missing",
    "incorrect",
    "organization",
    "project",
    "role",
    "rate_limit",
    "too_many_incorrect",
];

impl ApiError {
    /// Why the request was refused, for the log alone. Of an incorrect key it says more than the client is told.
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

    /// Why there is no good key, if that is what it says.
    #[must_use]
    pub fn key_refusal(&self) -> Option<&'static str> {
        match self {
            Self::MissingCredentials | Self::MalformedCredentials => Some("missing"),
            Self::IncorrectApiKey { .. } => Some("incorrect"),
            Self::MismatchedOrganization => Some("organization"),
            Self::MismatchedProject => Some("project"),
            Self::MissingScope(_) => Some("role"),
            Self::RateLimited { .. } => Some("rate_limit"),
            Self::TooManyFailures { .. } => Some("too_many_incorrect"),
            Self::BadRequest(_)
            | Self::ModelNotFound(_)
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
