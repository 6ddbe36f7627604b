//! The first start: fills an empty SQLite database with the starter catalog, an organization, its first owner key and its first admin key.

use models_core::{ImportEntry, RepositoryError};
use models_node::use_cases::first_start::{self, FirstKeys};
use models_store::DatabaseKind;

use crate::cli::list_file;
use crate::clock::now;
use crate::random::{new_admin_secret, new_secret};
use crate::store::Store;

const STARTER_MODELS: &str = include_str!("../../../../../config/starter-models.json");

/// A model of the starter catalog, for the guidance.
pub(super) const EXAMPLE: &str = "gpt-4o";

/// The error of filling a new database.
#[derive(Debug, thiserror::Error)]
pub enum FirstStartError {
    /// The operating system could not supply random bytes.
    #[error("failed to generate a key: {0}")]
    Random(#[from] getrandom::Error),
    /// The database failed.
    #[error("failed to fill the new database: {0}")]
    Repository(#[from] RepositoryError),
}

/// Fills the database in one transaction, if it is a SQLite database without any event. Returns the first keys.
pub async fn fill_if_empty(store: &Store) -> Result<Option<FirstKeys>, FirstStartError> {
    // Checked first, so that a start on an older database writes nothing.
    if store.kind != DatabaseKind::Sqlite || !first_start::is_due(&*store.events).await? {
        return Ok(None);
    }
    let secrets = (new_secret()?, new_admin_secret()?);
    let filled = first_start::fill_if_empty(&*store.first_start, starter_models(), secrets, now());
    Ok(filled.await?)
}

fn starter_models() -> Vec<ImportEntry> {
    let list = list_file::read(STARTER_MODELS.as_bytes()).expect("the starter catalog is a list");
    assert_eq!(
        list.invalid.count, 0,
        "the starter catalog's entries are valid"
    );
    list.entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_catalog_is_complete_and_has_the_example() {
        let models = starter_models();
        let is_whole = |entry: &ImportEntry| entry.created.is_some() && entry.owned_by.is_some();
        assert!(models.iter().any(|entry| entry.id.as_str() == EXAMPLE));
        assert!(models.iter().all(is_whole));
    }
}
