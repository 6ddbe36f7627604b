//! The texts of refused changes.

use models_core::{Administered, AdministrationRefusal, RepositoryError};

use crate::cli::terminal::Failure;

/// The result of a change. `missing` is the text if there is nothing to change.
pub(super) fn done<T>(
    outcome: Administered<T>,
    missing: impl FnOnce() -> String,
) -> Result<T, Failure> {
    outcome?.map_err(|refusal| match refusal {
        AdministrationRefusal::Key(_) => "the key that makes the change is not valid".into(),
        AdministrationRefusal::NotFound => missing().into(),
        AdministrationRefusal::Archived => {
            "the project is archived, and an archived project cannot be changed".into()
        }
        AdministrationRefusal::DefaultProject => {
            "the default project cannot be renamed or archived".into()
        }
        AdministrationRefusal::InvalidKey => "the key is revoked or has expired".into(),
    })
}

/// The result of a creation. `taken` is the text if the id or the secret exists already.
pub(super) fn created<T>(
    outcome: Administered<T>,
    taken: impl FnOnce() -> String,
    missing: impl FnOnce() -> String,
) -> Result<T, Failure> {
    match outcome {
        Err(RepositoryError::AlreadyExists) => Err(taken().into()),
        outcome => done(outcome, missing),
    }
}
