//! Why a token is refused.

use models_core::{AdminAccess, KeyRejection, Principal, Slug};

/// Why a token is refused. Only the log shows the reason of a refusal with status 401: the client gets the same response for
/// each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRefusal {
    /// The token does not have the form of a key.
    Malformed,
    /// No key has this token.
    Unknown,
    /// The key is not valid. Holds the id and the organization of the key.
    Bad(KeyRejection, String, Slug),
    /// The key is valid, and of the kind that cannot use the route: an admin key on a route for models, or any other key on a
    /// route of administration.
    WrongKind,
}

impl KeyRefusal {
    /// The refusal of this principal's key.
    #[must_use]
    pub fn of(rejection: KeyRejection, principal: &Principal) -> Self {
        let (key_id, organization) = (&principal.key_id, &principal.organization_slug);
        Self::Bad(rejection, key_id.to_string(), organization.clone())
    }

    /// The refusal of this admin key.
    pub(super) fn of_admin(rejection: KeyRejection, access: &AdminAccess) -> Self {
        let (key_id, organization) = (&access.key.id, &access.key.organization_slug);
        Self::Bad(rejection, key_id.to_string(), organization.clone())
    }

    /// The id and the organization of the key, if the token is one that is not valid.
    #[must_use]
    pub fn key(&self) -> Option<(&str, &Slug)> {
        match self {
            Self::Malformed | Self::Unknown | Self::WrongKind => None,
            Self::Bad(_, key_id, organization) => Some((key_id, organization)),
        }
    }
}
