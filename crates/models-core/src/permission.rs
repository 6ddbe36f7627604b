//! What keys may do: roles, scopes, and the permissions that follow from both.

mod account_role;
mod permissions;
mod role;
mod scopes;

pub use self::account_role::AccountRole;
pub use self::permissions::{Permission, Permissions};
pub use self::role::Role;
pub use self::scopes::Scopes;
