//! Keys: who is asking.

mod secret;

use serde::{Deserialize, Serialize};

use crate::organization::{OrganizationId, ProjectId, Slug};
use crate::role::Role;
use crate::text::Name;
use crate::text::checked::prefixed_id;
use crate::time::Timestamp;

pub use self::secret::{KeyDigest, Secret};

prefixed_id! {
    /// `key_` and letters and digits.
    ApiKeyId, "a key id", "key_"
}

/// A key as it is kept: everything but the secret, of which only the digest is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Unique, given once.
    pub id: ApiKeyId,
    /// The organization that it acts for.
    pub organization_id: OrganizationId,
    /// That organization's slug.
    pub organization_slug: Slug,
    /// The project of the organization that it belongs to.
    pub project_id: ProjectId,
    /// For people.
    pub name: Name,
    /// What it may do.
    pub role: Role,
    /// Enough of the secret to recognise it, too little to use it.
    pub redacted_value: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A key and what becomes of it without any change to it, which the log therefore does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedApiKey {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// When it was last used, as far as that has been recorded.
    pub last_used_at: Option<Timestamp>,
}

/// Why a key that exists is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRejection {
    /// It was revoked.
    Revoked,
    /// Its time is over.
    Expired,
}

/// For how long a key is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From when on it is refused.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Validity {
    /// Whether the key is good at `now`. It expires in the second `expires_at`.
    pub fn check(self, now: Timestamp) -> Result<(), KeyRejection> {
        if self.revoked_at.is_some() {
            return Err(KeyRejection::Revoked);
        }
        if self.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(KeyRejection::Expired);
        }
        Ok(())
    }
}

impl ApiKey {
    /// For how long the key is good.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity {
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        }
    }
}
