//! The options that select a project.

use clap::Args;
use models_core::{Organization, ProjectId, Slug};
use models_node::use_cases::service_accounts::KeyOwner;

use crate::cli::catalog::{find_organization, find_project};
use crate::cli::terminal::Failure;
use crate::store::Store;

#[derive(Args)]
pub(in crate::cli) struct ProjectOptions {
    /// The organization. The option --project alone is enough.
    #[arg(long, value_name = "SLUG", required_unless_present = "project")]
    organization: Option<Slug>,
    /// The project. Without this option it is the default project of the organization.
    #[arg(long, value_name = "PROJECT_ID")]
    project: Option<ProjectId>,
}

impl ProjectOptions {
    pub(super) fn new(organization: Option<Slug>, project: Option<ProjectId>) -> Self {
        Self {
            organization,
            project,
        }
    }

    /// Finds the organization and the id of its project.
    pub(super) async fn find(&self, store: &Store) -> Result<(Organization, ProjectId), Failure> {
        match (&self.organization, &self.project) {
            (slug, Some(id)) => {
                let (organization, project) = find_project(store, slug.as_ref(), id).await?;
                Ok((organization, project.id))
            }
            (Some(slug), None) => {
                let organization = find_organization(store, slug).await?;
                let id = organization.default_project.id.clone();
                Ok((organization, id))
            }
            (None, None) => Err("name the organization or the project".into()),
        }
    }

    /// Finds the owner of new keys.
    pub(super) async fn find_owner(&self, store: &Store) -> Result<KeyOwner, Failure> {
        let (organization, project_id) = self.find(store).await?;
        Ok(KeyOwner {
            organization_id: organization.id,
            organization_slug: organization.slug,
            project_id,
        })
    }
}
