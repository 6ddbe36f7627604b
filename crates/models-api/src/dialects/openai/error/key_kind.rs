//! The kinds of keys.

/// The kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Keys of projects, for the routes of models.
    ApiKey,
    /// Keys for the routes of administration.
    Admin,
}

impl KeyKind {
    pub(super) const fn needed(self) -> &'static str {
        match self {
            Self::ApiKey => {
                "Admin API keys can only be used for the administration API (/v1/organization/...). Use an API key of a project."
            }
            Self::Admin => {
                "The administration API needs an admin API key. Admin keys are created with `models-api admin-key create`."
            }
        }
    }
}
