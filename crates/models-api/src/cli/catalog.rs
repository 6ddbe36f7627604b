//! Functions that several commands share.

use models_core::{Actor, Organization, Origin, Project, ProjectId, Slug};

use super::missing;
use super::terminal::Failure;
use crate::clock::now;
use crate::store::Store;

/// Finds the organization with this slug. Fails if it does not exist.
pub(super) async fn find_organization(store: &Store, slug: &Slug) -> Result<Organization, Failure> {
    let found = store.organizations.find_by_slug(slug).await?;
    found.ok_or_else(|| missing::organization(slug).into())
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

/// Finds the project with this id, in the named organization or, because no two organizations have a project with the
/// same id, in all of them.
pub(super) async fn find_project(
    store: &Store,
    organization: Option<&Slug>,
    id: &ProjectId,
) -> Result<(Organization, Project), Failure> {
    let organizations = match organization {
        Some(slug) => vec![find_organization(store, slug).await?],
        None => store.organizations.list().await?,
    };
    for organization in organizations {
        if let Some(project) = store.projects.find(&organization.id, id).await? {
            return Ok((organization, project));
        }
    }
    Err(match organization {
        Some(slug) => {
            format!("the organization `{slug}` has no project `{id}`; `models-api project list --organization {slug}` shows all")
        }
        None => missing::project(id),
    }
    .into())
}

/// The origin of a change that the command line makes now.
pub(super) fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: now(),
    }
}
