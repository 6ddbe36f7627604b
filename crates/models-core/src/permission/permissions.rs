//! Permissions, and the one function that derives them from a role and scopes.

use super::account_role::AccountRole;
use super::role::Role;
use super::scopes::Scopes;

/// The scope that grants all reading permissions.
const ALL_READ: &str = "api.all.read";

/// A permission on models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// List and retrieve models.
    ReadModels,
    /// Send requests to models.
    RequestModels,
    /// Register and update models.
    WriteModels,
    /// Delete models.
    Delete,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 4] = [
        Self::ReadModels,
        Self::RequestModels,
        Self::WriteModels,
        Self::Delete,
    ];

    /// The scope that grants the permission, as OpenAI names it.
    #[must_use]
    pub const fn scope(self) -> &'static str {
        match self {
            Self::ReadModels => "api.model.read",
            Self::RequestModels => "api.model.request",
            Self::WriteModels => "api.model.write",
            Self::Delete => "api.delete",
        }
    }

    /// The lowest role that has the permission.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::ReadModels | Self::RequestModels => Role::Reader,
            Self::WriteModels => Role::Writer,
            Self::Delete => Role::Owner,
        }
    }

    fn is_granted_by(self, scope: &str) -> bool {
        scope == self.scope() || scope == ALL_READ && self == Self::ReadModels
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The permissions of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Permissions(u8);

impl Permissions {
    /// The permissions that the role, the role of the key's service account and the scopes all
    /// allow. Without an account, or without scopes, these restrict nothing.
    #[must_use]
    pub fn of(role: Role, account: Option<AccountRole>, scopes: Option<&Scopes>) -> Self {
        let has_role = |permission: Permission| {
            let role = account.map_or(Some(role), |account| account.key_role().min(Some(role)));
            role.is_some_and(|role| permission.role() <= role)
        };
        let has_scope = |permission: Permission| {
            scopes.is_none_or(|scopes| {
                let mut scopes = scopes.iter();
                scopes.any(|scope| permission.is_granted_by(scope))
            })
        };
        let granted = Permission::ALL
            .into_iter()
            .filter(|permission| has_role(*permission) && has_scope(*permission));
        Self(granted.fold(0, |bits, permission| bits | permission.bit()))
    }

    /// Whether this permission is among them.
    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }
}

impl std::fmt::Debug for Permissions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let all = Permission::ALL.into_iter();
        let granted = all.filter(|permission| self.has(*permission));
        f.debug_set().entries(granted).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(role: Role, account: Option<AccountRole>, scopes: &[&str]) -> Vec<Permission> {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned());
        let scopes = Scopes::new(scopes.collect()).expect("scopes");
        let permissions = Permissions::of(role, account, scopes.as_ref());
        let all = Permission::ALL.into_iter();
        all.filter(|permission| permissions.has(*permission))
            .collect()
    }

    #[test]
    fn a_role_has_the_permissions_of_the_roles_below_it() {
        use Permission::{Delete, ReadModels, RequestModels, WriteModels};
        for (role, expected) in [
            (Role::Reader, &[ReadModels, RequestModels][..]),
            (Role::Writer, &[ReadModels, RequestModels, WriteModels]),
            (
                Role::Owner,
                &[ReadModels, RequestModels, WriteModels, Delete],
            ),
        ] {
            assert_eq!(granted(role, None, &[]), expected);
        }
    }

    #[test]
    fn an_account_limits_its_keys() {
        use Permission::{ReadModels, RequestModels, WriteModels};
        for role in Role::ALL {
            assert_eq!(granted(role, Some(AccountRole::None), &[]), []);
            let owner = granted(role, Some(AccountRole::Owner), &[]);
            assert_eq!(owner, granted(role, None, &[]));
        }
        let member = granted(Role::Owner, Some(AccountRole::Member), &[]);
        assert_eq!(member, [ReadModels, RequestModels, WriteModels]);
        let reader = granted(Role::Reader, Some(AccountRole::Member), &[]);
        assert_eq!(reader, [ReadModels, RequestModels]);
    }

    #[test]
    fn scopes_limit_a_key_and_unknown_ones_grant_nothing() {
        use Permission::{Delete, ReadModels, RequestModels};
        for (scopes, expected) in [
            (&["api.all.read"][..], &[ReadModels][..]),
            (&["api.model.read"], &[ReadModels]),
            (&["api.model.request", "string"], &[RequestModels]),
            (&["api.delete", "api.model.read"], &[ReadModels, Delete]),
            (&["string", "api.model", "API.DELETE"], &[]),
        ] {
            assert_eq!(granted(Role::Owner, None, scopes), expected, "{scopes:?}");
        }
        // A scope gives no more than the role.
        assert_eq!(granted(Role::Reader, None, &["api.delete"]), []);
    }

    #[test]
    fn debug_output_lists_the_permissions() {
        let permissions = Permissions::of(Role::Reader, None, None);
        assert_eq!(format!("{permissions:?}"), "{ReadModels, RequestModels}");
    }
}
