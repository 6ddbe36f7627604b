//! Why a token is no good key.

use models_core::{ApiKeyId, KeyRejection, Principal, Slug};

/// Why a token is no good key, for the log alone: the client gets the same response in each case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRefusal {
    /// It cannot be a key, by its form.
    Malformed,
    /// No key has it.
    Unknown,
    /// The key that has it was revoked, or has expired. Holds the key's id and its organization.
    Bad(KeyRejection, ApiKeyId, Slug),
}

impl KeyRefusal {
    /// The refusal of the key with this holder.
    #[must_use]
    pub fn of(rejection: KeyRejection, principal: &Principal) -> Self {
        let (key_id, organization) = (&principal.key_id, &principal.organization_slug);
        Self::Bad(rejection, key_id.clone(), organization.clone())
    }

    /// The key and its organization, where there is one.
    #[must_use]
    pub fn key(&self) -> Option<(&ApiKeyId, &Slug)> {
        match self {
            Self::Malformed | Self::Unknown => None,
            Self::Bad(_, key_id, organization) => Some((key_id, organization)),
        }
    }
}
