//! An empty SQLite database gets the starter catalog, an organization, and its first owner key.

use std::net::SocketAddr;

use models_core::{
    Actor, FirstContents, Import, Name, Organization, Origin, RepositoryError, Revision, Role,
    Scope, Secret,
};
use models_store::DatabaseKind;

use crate::cli::creation::{new_api_key, new_organization, new_secret};
use crate::cli::list_file;
use crate::clock::now;
use crate::store::Store;

const STARTER_MODELS: &str = include_str!("../../../../../config/starter-models.json");

/// A model of the starter catalog, for the example that is printed.
const EXAMPLE: &str = "gpt-4o";

/// The organization that was made, and the only copy of its key.
pub struct FirstKey {
    organization: Organization,
    secret: Secret,
}

impl FirstKey {
    /// What the operator is told, once: the key, and two lines to paste.
    #[must_use]
    pub fn announcement(&self, address: SocketAddr) -> String {
        let Organization { slug, id, .. } = &self.organization;
        let secret = self.secret.expose();
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
    if store.kind != DatabaseKind::Sqlite || store.events.revision().await? != Revision(0) {
        return Ok(None);
    }
    let origin = Origin {
        actor: Actor::FirstStart,
        at: now(),
    };
    let organization = new_organization(
        constant("default"),
        constant("Default organization"),
        origin.at,
    );
    let secret = new_secret()?;
    let key = new_api_key(
        &organization,
        &secret,
        constant("First key"),
        Role::Owner,
        origin.at,
        None,
    );
    let digest = secret.digest();
    let contents = FirstContents {
        import: starter_catalog(),
        organization: organization.clone(),
        key,
        digest,
    };
    let filled = store.first_start.fill_if_empty(contents, origin).await?;
    Ok(filled.then_some(FirstKey {
        organization,
        secret,
    }))
}

fn starter_catalog() -> Import {
    let list = list_file::read(STARTER_MODELS.as_bytes()).expect("the starter catalog is a list");
    assert_eq!(
        list.invalid.count, 0,
        "the starter catalog's entries are valid"
    );
    Import {
        scope: Scope::Public,
        entries: list.entries,
        default_owner: constant::<Name>("system"),
        dry_run: false,
    }
}

fn constant<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a constant that is good")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_catalog_is_good_and_has_the_example() {
        let catalog = starter_catalog();
        assert!(
            catalog
                .entries
                .iter()
                .any(|entry| entry.id.as_str() == EXAMPLE)
        );
        assert!(
            catalog
                .entries
                .iter()
                .all(|entry| entry.created.is_some() && entry.owned_by.is_some())
        );
    }
}
