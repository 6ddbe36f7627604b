//! The principal of a request.

use super::key::{ApiKey, ApiKeyId, KeyRejection};
use super::role::Role;
use crate::organization::{OrganizationId, Slug};
use crate::project::ProjectId;
use crate::time::Timestamp;

/// The principal of a request: the accepted key with its organization, project and role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The id of the key.
    pub key_id: ApiKeyId,
    /// The key's organization.
    pub organization_id: OrganizationId,
    /// The slug of that organization.
    pub organization_slug: Slug,
    /// The key's project.
    pub project_id: ProjectId,
    /// The key's role.
    pub role: Role,
}

impl ApiKey {
    /// The principal of the key if the key is valid at `now`.
    pub fn principal(&self, now: Timestamp) -> Result<Principal, KeyRejection> {
        self.validity().check(now).map(|()| self.holder())
    }

    /// The principal of the key; the caller checks that the key is valid.
    #[must_use]
    pub fn holder(&self) -> Principal {
        Principal {
            key_id: self.id.clone(),
            organization_id: self.organization_id.clone(),
            organization_slug: self.organization_slug.clone(),
            project_id: self.project_id.clone(),
            role: self.role,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_a_valid_key_has_a_principal() {
        let key = ApiKey {
            id: ApiKeyId::from_uuid(Uuid::from_u128(1)),
            organization_id: OrganizationId::from_uuid(Uuid::from_u128(2)),
            organization_slug: "acme".parse().expect("a slug"),
            project_id: ProjectId::from_uuid(Uuid::from_u128(3)),
            name: "ci".parse().expect("a name"),
            role: Role::Writer,
            redacted_value: "...".to_owned(),
            created_at: Timestamp::from_seconds(1),
            expires_at: Some(Timestamp::from_seconds(10)),
            revoked_at: None,
        };
        let holder = Principal {
            key_id: key.id.clone(),
            organization_id: key.organization_id.clone(),
            organization_slug: key.organization_slug.clone(),
            project_id: key.project_id.clone(),
            role: Role::Writer,
        };
        assert_eq!(key.holder(), holder);
        assert_eq!(key.principal(Timestamp::from_seconds(9)), Ok(holder));
        let expired = key.principal(Timestamp::from_seconds(10));
        assert_eq!(expired, Err(KeyRejection::Expired));
        let revoked = ApiKey {
            revoked_at: Some(Timestamp::from_seconds(2)),
            ..key
        };
        let revoked = revoked.principal(Timestamp::from_seconds(9));
        assert_eq!(revoked, Err(KeyRejection::Revoked));
    }
}
