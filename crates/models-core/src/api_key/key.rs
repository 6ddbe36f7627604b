//! Keys as they are kept.

use serde::Serialize;

use super::role::Role;
use crate::organization::{OrganizationId, Slug};
use crate::project::ProjectId;
use crate::text::Name;
use crate::text::checked::prefixed_id;
use crate::time::Timestamp;

prefixed_id! {
    /// `key_` and letters and digits.
    ApiKeyId, "a key id", "key_"
}

/// A key as it is kept: everything but the secret, of which only the digest is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_good_until_it_is_revoked_or_expires() {
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
        // Revoked, whatever the clock says, and whether or not it has also expired.
        for (expires_at, now) in [(None, 0), (Some(10), 9), (Some(10), 11)] {
            let revoked = check(expires_at, Some(5), now);
            assert_eq!(revoked, Err(KeyRejection::Revoked));
        }
    }
}
