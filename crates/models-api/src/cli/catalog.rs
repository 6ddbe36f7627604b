//! What the commands need of a catalog.

use models_core::{Actor, Organization, Origin, Scope, Slug};

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

/// The scope that `--organization` names: public without it.
pub(super) async fn find_scope(
    store: &Store,
    slug: Option<&Slug>,
) -> Result<(Scope, Option<Organization>), Failure> {
    let Some(slug) = slug else {
        return Ok((Scope::Public, None));
    };
    let organization = find_organization(store, slug).await?;
    Ok((
        Scope::Organization(organization.id.clone()),
        Some(organization),
    ))
}

/// The origin of what the command line changes now.
pub(super) fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: now(),
    }
}
