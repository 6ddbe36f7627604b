//! Functions that several commands share.

use models_core::{Actor, Organization, Origin, Slug};

use super::terminal::Failure;
use crate::clock::now;
use crate::store::Store;

/// Finds the organization with this slug. Fails if it does not exist.
pub(super) async fn find_organization(store: &Store, slug: &Slug) -> Result<Organization, Failure> {
    let found = store.organizations.find_by_slug(slug).await?;
    found.ok_or_else(|| {
        format!("there is no organization `{slug}`; `models-api organization list` shows all")
            .into()
    })
}

/// Finds the organization that `--organization` names. Returns `None` without the option.
pub(super) async fn find_owner(
    store: &Store,
    slug: Option<&Slug>,
) -> Result<Option<Organization>, Failure> {
    match slug {
        None => Ok(None),
        Some(slug) => find_organization(store, slug).await.map(Some),
    }
}

/// The origin of a change that the command line makes now.
pub(super) fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: now(),
    }
}
