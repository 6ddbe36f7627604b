//! Why a token is refused.

use models_core::{ApiKeyId, KeyRejection, Principal, Slug};

/// Why a token is refused. Only the log shows the reason: the client gets the same response for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRefusal {
    /// The token does not have the form of a key.
    Malformed,
    /// No key has this token.
    Unknown,
    /// The key was revoked or has expired. Holds the id and the organization of the key.
    Bad(KeyRejection, ApiKeyId, Slug),
}

impl KeyRefusal {
    /// The refusal of this principal's key.
    #[must_use]
    pub fn of(rejection: KeyRejection, principal: &Principal) -> Self {
        let (key_id, organization) = (&principal.key_id, &principal.organization_slug);
        Self::Bad(rejection, key_id.clone(), organization.clone())
    }

    /// The id and the organization of the key, if the token is one.
    #[must_use]
    pub fn key(&self) -> Option<(&ApiKeyId, &Slug)> {
        match self {
            Self::Malformed | Self::Unknown => None,
            Self::Bad(_, key_id, organization) => Some((key_id, organization)),
        }
    }
}
