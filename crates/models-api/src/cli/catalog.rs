//! What the commands need of a catalog.

use models_core::{Actor, Organization, Origin, Slug};

use super::terminal::Failure;
use crate::clock::now;
use crate::store::Store;

/// The organization with this slug, or a sentence that there is none.
pub(super) async fn find_organization(store: &Store, slug: &Slug) -> Result<Organization, Failure> {
    let found = store.organizations.find_by_slug(slug).await?;
    found.ok_or_else(|| {
        format!("there is no organization `{slug}`; `models-api organization list` shows all")
            .into()
    })
}

/// The organization that `--organization` names; none without it.
pub(super) async fn find_owner(
    store: &Store,
    slug: Option<&Slug>,
) -> Result<Option<Organization>, Failure> {
    match slug {
        None => Ok(None),
        Some(slug) => find_organization(store, slug).await.map(Some),
    }
}

/// The origin of what the command line changes now.
pub(super) fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: now(),
    }
}
