//! Functions that several commands share.

use std::sync::OnceLock;

use models_core::{Actor, Context, Entered, Name, Organization, Origin, Project, ProjectId, Slug};

use super::terminal::Failure;
use super::{missing, operator};
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

/// The circumstances of all changes of this process: a process runs one command.
static CONTEXT: OnceLock<Context> = OnceLock::new();

/// Notes who runs the command, and the operator's reason, for the audit log. Call it before the command runs.
pub(super) fn note_operator(reason: Option<&Entered<Name>>) {
    CONTEXT.get_or_init(|| Context {
        user: Some(operator::user()),
        host: operator::host(),
        reason: reason.map(|reason| reason.as_str().to_owned()),
        ..Context::default()
    });
}

/// The origin of a change that the command line makes now.
pub(super) fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: now(),
        context: CONTEXT.get().cloned().unwrap_or_default(),
    }
}
