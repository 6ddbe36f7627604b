//! A key with the role, the policies and the suspension that apply to it.

use super::key::ApiKey;
use super::principal::Principal;
use super::validity::{KeyRejection, Suspension, Validity};
use crate::permission::{AccountRole, Permissions};
use crate::policy::Policies;
use crate::time::Timestamp;

/// A key with the role, the policies and the suspension that apply to it, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAccess {
    /// The key.
    pub key: ApiKey,
    /// The role of the key's service account.
    pub account_role: Option<AccountRole>,
    /// The policies of the key's organization and project.
    pub policies: Policies,
    /// Why all keys of the project or the organization are refused.
    pub suspension: Option<Suspension>,
}

impl KeyAccess {
    /// A key without a service account, in an organization and a project without policies.
    #[must_use]
    pub fn unrestricted(key: ApiKey) -> Self {
        Self {
            key,
            account_role: None,
            policies: Policies::default(),
            suspension: None,
        }
    }

    /// What decides whether the key is valid.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity {
            expires_at: self.key.expires_at,
            revoked_at: self.key.revoked_at,
            suspension: self.suspension,
        }
    }

    /// The principal of the key if the key is valid at `now`.
    pub fn principal(&self, now: Timestamp) -> Result<Principal, KeyRejection> {
        self.validity().check(now).map(|()| self.holder())
    }

    /// The principal of the key; the caller checks that the key is valid.
    #[must_use]
    pub fn holder(&self) -> Principal {
        let key = &self.key;
        Principal {
            key_id: key.id.clone(),
            organization_id: key.organization_id.clone(),
            organization_slug: key.organization_slug.clone(),
            project_id: key.project_id.clone(),
            service_account_id: key.service_account_id.clone(),
            role: key.role,
            permissions: Permissions::of(key.role, self.account_role, key.scopes.as_ref()),
            policies: self.policies.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::key::ApiKeyId;
    use super::*;
    use crate::organization::OrganizationId;
    use crate::permission::{Role, Scopes};
    use crate::policy::{Policy, PolicyMode};
    use crate::project::ProjectId;
    use crate::service_account::ServiceAccountId;

    #[test]
    fn only_a_valid_key_has_a_principal() {
        let at = Timestamp::from_seconds;
        let scopes = Scopes::new(vec!["api.model.read".to_owned()]).expect("scopes");
        let key = ApiKey {
            id: ApiKeyId::from_uuid(Uuid::from_u128(1)),
            organization_id: OrganizationId::from_uuid(Uuid::from_u128(2)),
            organization_slug: "acme".parse().expect("a slug"),
            project_id: ProjectId::from_uuid(Uuid::from_u128(3)),
            service_account_id: Some(ServiceAccountId::from_uuid(Uuid::from_u128(4))),
            name: "ci".parse().expect("a name"),
            role: Role::Writer,
            scopes: scopes.clone(),
            redacted_value: "...".to_owned(),
            created_at: at(1),
            expires_at: Some(at(10)),
            revoked_at: None,
        };
        let policy = Policy::new(PolicyMode::DenyList, vec![]).expect("a policy");
        let access = KeyAccess {
            account_role: Some(AccountRole::Member),
            policies: Policies {
                organization: None,
                project: Some(policy.into()),
            },
            ..KeyAccess::unrestricted(key.clone())
        };
        let holder = Principal {
            key_id: key.id.clone(),
            organization_id: key.organization_id.clone(),
            organization_slug: key.organization_slug.clone(),
            project_id: key.project_id.clone(),
            service_account_id: key.service_account_id.clone(),
            role: Role::Writer,
            permissions: Permissions::of(Role::Writer, Some(AccountRole::Member), scopes.as_ref()),
            policies: access.policies.clone(),
        };
        assert_eq!(access.holder(), holder);
        assert_eq!(access.principal(at(9)), Ok(holder));
        assert_eq!(access.principal(at(10)), Err(KeyRejection::Expired));
        let revoked = ApiKey {
            revoked_at: Some(at(2)),
            ..key
        };
        let revoked = KeyAccess::unrestricted(revoked).principal(at(9));
        assert_eq!(revoked, Err(KeyRejection::Revoked));
        let suspension = Suspension::ProjectArchived;
        let archived = KeyAccess {
            suspension: Some(suspension),
            ..access
        };
        let suspended = KeyRejection::Suspended(suspension);
        assert_eq!(archived.principal(at(9)), Err(suspended));
    }
}
