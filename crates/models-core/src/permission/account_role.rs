//! The roles of service accounts.

use serde::Serialize;

use super::role::Role;
use crate::text::Invalid;

/// The role of a service account in its project. A change of the role gives the account's keys the
/// [role](AccountRole::key_role) of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountRole {
    /// The keys can do nothing.
    None,
    /// The keys are writers.
    Member,
    /// The keys are owners.
    Owner,
}

impl AccountRole {
    const ALL: [Self; 3] = [Self::None, Self::Member, Self::Owner];

    /// The role's name in the database, on the command line and in OpenAI's objects.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Member => "member",
            Self::Owner => "owner",
        }
    }

    /// The role of the account's keys.
    #[must_use]
    pub const fn key_role(self) -> Option<Role> {
        match self {
            Self::None => None,
            Self::Member => Some(Role::Writer),
            Self::Owner => Some(Role::Owner),
        }
    }

    /// The role of the account that the command line makes for a key of this role.
    #[must_use]
    pub const fn of_key_role(role: Role) -> Self {
        match role {
            Role::Reader | Role::Writer => Self::Member,
            Role::Owner => Self::Owner,
        }
    }
}

impl std::fmt::Display for AccountRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for AccountRole {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let role = Self::ALL.into_iter().find(|role| role.as_str() == text);
        role.ok_or(Invalid::new(
            "a role of a service account",
            "must be `owner`, `member` or `none`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_has_one_spelling() {
        for role in AccountRole::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            let json = serde_json::to_string(&role).expect("JSON");
            assert_eq!(json, format!("\"{role}\""));
        }
        assert!("reader".parse::<AccountRole>().is_err());
    }

    #[test]
    fn an_account_covers_the_role_that_it_was_made_for() {
        for role in Role::ALL {
            assert!(AccountRole::of_key_role(role).key_role() >= Some(role));
        }
        assert_eq!(AccountRole::None.key_role(), None);
        assert_eq!(AccountRole::Member.key_role(), Some(Role::Writer));
        assert_eq!(AccountRole::Owner.key_role(), Some(Role::Owner));
    }
}
