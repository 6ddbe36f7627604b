//! API keys as the store holds them.

use serde::Serialize;

use super::role::Role;
use crate::organization::{OrganizationId, Slug};
use crate::project::ProjectId;
use crate::text::Name;
use crate::text::checked::prefixed_id;
use crate::time::Timestamp;

prefixed_id! {
    /// A key's id: `key_` followed by letters and digits.
    ApiKeyId, "a key id", "key_"
}

/// An API key as the store holds it. The store has the digest of the secret, never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// The id, which is unique and never changes.
    pub id: ApiKeyId,
    /// The organization that the key acts for.
    pub organization_id: OrganizationId,
    /// That organization's slug.
    pub organization_slug: Slug,
    /// The organization's project that the key belongs to.
    pub project_id: ProjectId,
    /// The display name.
    pub name: Name,
    /// The role.
    pub role: Role,
    /// The first and last characters of the secret, with which people recognise the key.
    pub redacted_value: String,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The expiry; the service refuses the key from this second on.
    pub expires_at: Option<Timestamp>,
    /// The time of revocation.
    pub revoked_at: Option<Timestamp>,
}

/// A key with its last use. The event log does not record uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedApiKey {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// The last recorded use.
    pub last_used_at: Option<Timestamp>,
}

/// Why a key that exists is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRejection {
    /// An operator revoked the key.
    Revoked,
    /// The key has expired.
    Expired,
}

/// The times at which a key stops being valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The expiry; the service refuses the key from this second on.
    pub expires_at: Option<Timestamp>,
    /// The time of revocation.
    pub revoked_at: Option<Timestamp>,
}

impl Validity {
    /// Returns `Ok` if the key is valid at `now`. A key expires at the beginning of the second
    /// `expires_at`.
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
    /// The times at which the key stops being valid.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity {
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_valid_until_it_is_revoked_or_expires() {
        let at = Timestamp::from_seconds;
        let check = |expires_at: Option<u32>, revoked_at: Option<u32>, now| {
            let validity = Validity {
                expires_at: expires_at.map(at),
                revoked_at: revoked_at.map(at),
            };
            validity.check(at(now))
        };
        assert_eq!(check(None, None, u32::MAX), Ok(()));
        assert_eq!(check(Some(10), None, 9), Ok(()));
        for now in [10, 11] {
            assert_eq!(check(Some(10), None, now), Err(KeyRejection::Expired));
        }
        // A revoked key is reported as revoked, at any time and whether or not it has also expired.
        for (expires_at, now) in [(None, 0), (Some(10), 9), (Some(10), 11)] {
            let revoked = check(expires_at, Some(5), now);
            assert_eq!(revoked, Err(KeyRejection::Revoked));
        }
    }
}
