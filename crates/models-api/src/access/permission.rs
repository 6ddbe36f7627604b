//! Permissions: the role and the scope that a request needs.

use models_core::Role;

use crate::dialects::openai::error::ApiError;

/// A permission that a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    role: Role,
    /// OpenAI's name of the scope, which the error for a lower role names.
    scope: &'static str,
}

/// Permission to list and retrieve models.
pub(crate) const READ: Permission = Permission {
    role: Role::Reader,
    scope: "api.model.read",
};
/// Permission to delete models.
pub(crate) const DELETE: Permission = Permission {
    role: Role::Owner,
    scope: "api.delete",
};

impl Permission {
    /// Refuses a role without the permission. The service compares roles only here.
    pub(crate) fn check(self, role: Role) -> Result<(), ApiError> {
        if role < self.role {
            return Err(self.refusal());
        }
        Ok(())
    }

    /// OpenAI's name of the scope.
    #[must_use]
    pub const fn scope(self) -> &'static str {
        self.scope
    }

    /// The error for a key without the permission.
    pub(crate) fn refusal(self) -> ApiError {
        ApiError::MissingScope(self.scope)
    }
}
