//! An empty SQLite database gets the starter catalog, an organization, and its first owner key.

use std::net::SocketAddr;

use models_core::{ImportEntry, Organization, RepositoryError};
use models_node::use_cases::first_start::{self, FirstKey};
use models_store::DatabaseKind;

use crate::cli::list_file;
use crate::cli::random::new_secret;
use crate::clock::now;
use crate::store::Store;

const STARTER_MODELS: &str = include_str!("../../../../../config/starter-models.json");

/// A model of the starter catalog, for the example that is printed.
const EXAMPLE: &str = "gpt-4o";

/// What the operator is told of the first key, once: the key, and two lines to paste.
pub(super) fn announcement(first_key: &FirstKey, address: SocketAddr) -> String {
    let FirstKey {
        organization: Organization { slug, id, .. },
        secret,
    } = first_key;
    let secret = secret.expose();
    let host = match address {
        any if any.ip().is_unspecified() => format!("127.0.0.1:{}", any.port()),
        other => other.to_string(),
    };
    format!(
        "The database is new. It now has a starter catalog and the organization `{slug}` ({id})\n\
         with this owner key, which is shown only this once:\n\n  \
         {secret}\n\n\
         Try it:\n\n  \
         curl http://{host}/v1/models -H 'Authorization: Bearer {secret}'\n  \
         curl http://{host}/v1/models/{EXAMPLE} -H 'Authorization: Bearer {secret}'\n"
    )
}

/// Why a database could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum FirstStartError {
    /// The operating system has no randomness.
    #[error("there are no random bytes for a key: {0}")]
    Random(#[from] getrandom::Error),
    /// The database.
    #[error("the new database cannot be filled: {0}")]
    Repository(#[from] RepositoryError),
}

/// Fills the database if it is a SQLite file to which nothing has happened yet, all at once.
pub async fn fill_if_empty(store: &Store) -> Result<Option<FirstKey>, FirstStartError> {
    // Looked at first, so that a start on a database that is not new writes nothing.
    if store.kind != DatabaseKind::Sqlite || !first_start::is_due(&*store.events).await? {
        return Ok(None);
    }
    let (models, secret) = (starter_models(), new_secret()?);
    let filled = first_start::fill_if_empty(&*store.first_start, models, secret, now());
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
    fn the_starter_catalog_is_good_and_has_the_example() {
        let models = starter_models();
        let is_whole = |entry: &ImportEntry| entry.created.is_some() && entry.owned_by.is_some();
        assert!(models.iter().any(|entry| entry.id.as_str() == EXAMPLE));
        assert!(models.iter().all(is_whole));
    }
}
