//! When a key is valid.

use crate::time::Timestamp;

/// Why a key that exists is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRejection {
    /// The key was revoked.
    Revoked,
    /// The key has expired.
    Expired,
    /// The key's project is archived, or its organization is disabled.
    Suspended(Suspension),
}

/// Why all keys of a project or an organization are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspension {
    /// The project is archived.
    ProjectArchived,
    /// The organization is disabled.
    OrganizationDisabled,
}

/// What decides whether a key is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The expiry; the service refuses the key from this second on.
    pub expires_at: Option<Timestamp>,
    /// The time of revocation.
    pub revoked_at: Option<Timestamp>,
    /// Why all keys of the key's project or organization are refused.
    pub suspension: Option<Suspension>,
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
        self.suspension.map_or(Ok(()), |suspension| {
            Err(KeyRejection::Suspended(suspension))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        expires_at: Option<u32>,
        revoked_at: Option<u32>,
        suspension: Option<Suspension>,
        now: u32,
    ) -> Result<(), KeyRejection> {
        let at = Timestamp::from_seconds;
        let validity = Validity {
            expires_at: expires_at.map(at),
            revoked_at: revoked_at.map(at),
            suspension,
        };
        validity.check(at(now))
    }

    #[test]
    fn a_key_is_valid_until_it_is_revoked_or_expires() {
        assert_eq!(check(None, None, None, u32::MAX), Ok(()));
        assert_eq!(check(Some(10), None, None, 9), Ok(()));
        for now in [10, 11] {
            let expired = check(Some(10), None, None, now);
            assert_eq!(expired, Err(KeyRejection::Expired));
        }
        // A revoked key is reported as revoked, at any time and whether or not it has also expired.
        for (expires_at, now) in [(None, 0), (Some(10), 9), (Some(10), 11)] {
            let revoked = check(expires_at, Some(5), None, now);
            assert_eq!(revoked, Err(KeyRejection::Revoked));
        }
    }

    #[test]
    fn a_suspended_key_is_not_valid() {
        for suspension in [
            Suspension::ProjectArchived,
            Suspension::OrganizationDisabled,
        ] {
            let check = |expires_at, revoked_at| check(expires_at, revoked_at, Some(suspension), 9);
            let suspended = KeyRejection::Suspended(suspension);
            assert_eq!(check(None, None), Err(suspended));
            assert_eq!(check(Some(9), None), Err(KeyRejection::Expired));
            assert_eq!(check(None, Some(1)), Err(KeyRejection::Revoked));
        }
    }
}
