//! The errors of a store.

use crate::event::Level;

/// An error of a store. The catalog is unchanged, with one exception: after an `Unavailable` whose
/// source is [`CommitInDoubt`], the change may have been committed.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// The name or id is taken.
    #[error("it exists already")]
    AlreadyExists,
    /// The database cannot be reached, is overloaded or cannot write at the moment. The same call
    /// may succeed later.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A fault that a repetition will not remove.
    #[error("the database failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The catalog is at a level that this program does not support.
    #[error(
        "the catalog is at level {needed}, and this program supports level {supported}; run version {version} or newer"
    )]
    Outdated {
        /// The catalog's level.
        needed: Level,
        /// The highest level that this program supports.
        supported: Level,
        /// The version of the program that raised the level.
        version: String,
    },
    /// Nodes of an older version are registered, and they could not enforce the change.
    #[error(
        "nodes of an older version are registered ({}); upgrade or stop them, then repeat the change",
        .0.join(", ")
    )]
    OlderNodes(Vec<String>),
}

/// A commit whose outcome is unknown. It is the source of a [`RepositoryError::Unavailable`], and
/// holds the reason.
#[derive(Debug, thiserror::Error)]
#[error("the commit was not confirmed, so the change may have been made: {0}")]
pub struct CommitInDoubt(pub String);

impl RepositoryError {
    /// Whether the change may have been committed in spite of the error.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        match self {
            Self::Unavailable(source) => source.is::<CommitInDoubt>(),
            Self::AlreadyExists | Self::Failed(_) | Self::Outdated { .. } | Self::OlderNodes(_) => {
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_commit_that_was_not_confirmed_is_in_doubt() {
        let in_doubt = CommitInDoubt("the connection ended".to_owned());
        assert!(RepositoryError::Unavailable(in_doubt.into()).is_in_doubt());
        assert!(!RepositoryError::Unavailable("it is down".into()).is_in_doubt());
        let failed = CommitInDoubt("as the source of another error".to_owned());
        assert!(!RepositoryError::Failed(failed.into()).is_in_doubt());
        assert!(!RepositoryError::AlreadyExists.is_in_doubt());
    }
}
