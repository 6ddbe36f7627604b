//! Failed statements.

use models_core::RepositoryError;

use super::deadline::Deadline;
use crate::database::error::repository_error;

/// The reason why a statement has no result.
pub(crate) enum Failed {
    Database(sqlx::Error),
    Late(Deadline),
    /// An earlier statement broke the connection.
    Unusable,
}

impl Failed {
    pub(crate) fn into_error(self) -> RepositoryError {
        match self {
            Self::Database(error) => repository_error(error),
            Self::Late(deadline) => deadline.passed(),
            Self::Unusable => RepositoryError::Unavailable("the connection was lost".into()),
        }
    }
}
