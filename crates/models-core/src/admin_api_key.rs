//! Admin API keys, which administer one organization.

use crate::api_key::{Suspension, Validity};
use crate::organization::{OrganizationId, Slug};
use crate::text::Name;
use crate::text::checked::prefixed_id;
use crate::time::Timestamp;

prefixed_id! {
    /// An admin key's id: `key_` followed by letters and digits if the service made it.
    AdminApiKeyId, "an admin key id", "key_"
}

/// An admin API key as the store holds it. It administers its organization over HTTP, and cannot
/// use the other routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminApiKey {
    /// The id, which is unique and never changes.
    pub id: AdminApiKeyId,
    /// The organization that the key administers.
    pub organization_id: OrganizationId,
    /// That organization's slug.
    pub organization_slug: Slug,
    /// The display name.
    pub name: Name,
    /// The first and last characters of the secret, with which people recognise the key.
    pub redacted_value: String,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The expiry; the service refuses the key from this second on.
    pub expires_at: Option<Timestamp>,
    /// The time of revocation.
    pub revoked_at: Option<Timestamp>,
}

/// The identity of an accepted admin key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// The id of the key.
    pub key_id: AdminApiKeyId,
    /// The organization that the key administers.
    pub organization_id: OrganizationId,
    /// That organization's slug.
    pub organization_slug: Slug,
}

/// An admin key with the suspension that applies to it, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminAccess {
    /// The key.
    pub key: AdminApiKey,
    /// Why all keys of the organization are refused.
    pub suspension: Option<Suspension>,
}

impl AdminAccess {
    /// What decides whether the key is valid.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity {
            expires_at: self.key.expires_at,
            revoked_at: self.key.revoked_at,
            suspension: self.suspension,
        }
    }

    /// The administrator whom the key authenticates; the caller checks that the key is valid.
    #[must_use]
    pub fn administrator(&self) -> Administrator {
        Administrator {
            key_id: self.key.id.clone(),
            organization_id: self.key.organization_id.clone(),
            organization_slug: self.key.organization_slug.clone(),
        }
    }
}
