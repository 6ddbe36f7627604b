//! What a caller needs to be allowed to do.

use models_core::Role;

use crate::dialects::openai::error::ApiError;

/// What a request needs a key for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    role: Role,
    /// What a key of a lower role lacks, in OpenAI's words.
    scope: &'static str,
}

/// To list and retrieve.
pub(crate) const READ: Permission = Permission {
    role: Role::Reader,
    scope: "api.model.read",
};
/// To delete.
pub(crate) const DELETE: Permission = Permission {
    role: Role::Owner,
    scope: "api.delete",
};

impl Permission {
    /// Refuses a role that does not have the permission. No other place of the service compares roles.
    pub(crate) fn check(self, role: Role) -> Result<(), ApiError> {
        if role < self.role {
            return Err(self.refusal());
        }
        Ok(())
    }

    /// The scope that a key with the permission has, in OpenAI's words.
    #[must_use]
    pub const fn scope(self) -> &'static str {
        self.scope
    }

    /// The refusal of a key without the permission.
    pub(crate) fn refusal(self) -> ApiError {
        ApiError::MissingScope(self.scope)
    }
}
