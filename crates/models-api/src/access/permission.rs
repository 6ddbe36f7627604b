//! The check of a key's permissions.

use models_core::{Permission, Permissions};

use crate::dialects::openai::error::ApiError;

/// Refuses permissions that lack the needed one. The service compares permissions only here.
pub(crate) fn check(needed: Permission, permissions: Permissions) -> Result<(), ApiError> {
    if permissions.has(needed) {
        Ok(())
    } else {
        Err(refusal(needed))
    }
}

/// The error for a key without the permission.
pub(crate) fn refusal(needed: Permission) -> ApiError {
    ApiError::MissingScope(needed.scope())
}
