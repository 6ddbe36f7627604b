//! The options that select a policy.

use std::fmt;
use std::sync::Arc;

use clap::Args;
use models_core::{
    Organization, OrganizationSettings, OrganizationUpdate, Policies, Policy, ProjectId, Slug,
};

use super::super::organization::update_organization;
use super::super::refusal::done;
use crate::cli::catalog::{find_organization, find_project, origin};
use crate::cli::missing;
use crate::cli::terminal::Failure;
use crate::store::Store;

#[derive(Args)]
pub(in crate::cli) struct Target {
    /// The organization whose policy restricts the public models for all its projects. The option --project alone is
    /// enough for the policy of a project.
    #[arg(long, value_name = "SLUG", required_unless_present = "project")]
    organization: Option<Slug>,
    /// The project whose policy restricts the public models and the organization's own.
    #[arg(long, value_name = "PROJECT_ID", conflicts_with = "new_projects")]
    project: Option<ProjectId>,
    /// The policy with which new projects of the organization begin.
    #[arg(long, requires = "organization")]
    new_projects: bool,
}

impl Target {
    /// Finds what the policy belongs to.
    pub(super) async fn find(&self, store: &Store) -> Result<Subject, Failure> {
        match (&self.project, &self.organization) {
            (Some(id), slug) => {
                let (organization, project) = find_project(store, slug.as_ref(), id).await?;
                Ok(Subject {
                    organization,
                    part: Part::Project(project.id),
                })
            }
            (None, Some(slug)) => Ok(Subject {
                organization: find_organization(store, slug).await?,
                part: if self.new_projects {
                    Part::NewProjects
                } else {
                    Part::PublicModels
                },
            }),
            (None, None) => Err("name the organization or the project".into()),
        }
    }
}

/// What a policy belongs to.
pub(super) struct Subject {
    pub(super) organization: Organization,
    part: Part,
}

enum Part {
    /// The organization's policy for public models.
    PublicModels,
    /// The policy that new projects begin with.
    NewProjects,
    /// The policy of a project.
    Project(ProjectId),
}

impl Subject {
    /// The policy in force.
    pub(super) async fn policy(&self, store: &Store) -> Result<Option<Arc<Policy>>, Failure> {
        if let Part::Project(id) = &self.part {
            let found = store.projects.policy(&self.organization.id, id).await?;
            return Ok(found.ok_or_else(|| missing::project(id))?);
        }
        let policies = self.settings(store).await?.policies;
        Ok(match self.part {
            Part::PublicModels => policies.public_models,
            Part::NewProjects | Part::Project(_) => policies.new_projects,
        })
    }

    /// Replaces the policy; `None` removes it.
    pub(super) async fn set_policy(
        &self,
        policy: Option<Arc<Policy>>,
        store: &Store,
    ) -> Result<(), Failure> {
        let organization = &self.organization;
        match &self.part {
            Part::PublicModels => {
                let update = OrganizationUpdate::PublicModels(policy);
                update_organization(organization, update, store).await
            }
            Part::NewProjects => {
                let update = OrganizationUpdate::NewProjects(policy);
                update_organization(organization, update, store).await
            }
            Part::Project(id) => {
                let projects = &store.projects;
                let set = projects
                    .set_policy(&organization.id, id, policy, origin())
                    .await;
                done(set, || missing::project(id))
            }
        }
    }

    /// The policies that a caller would have if this policy were in force.
    pub(super) async fn policies_with(
        &self,
        policy: Arc<Policy>,
        store: &Store,
    ) -> Result<Policies, Failure> {
        Ok(match self.part {
            Part::PublicModels => Policies {
                organization: Some(policy),
                project: None,
            },
            Part::NewProjects | Part::Project(_) => Policies {
                organization: self.settings(store).await?.policies.public_models,
                project: Some(policy),
            },
        })
    }

    /// Whether the policy concerns public models only.
    pub(super) fn is_of_public_models(&self) -> bool {
        matches!(self.part, Part::PublicModels)
    }

    async fn settings(&self, store: &Store) -> Result<OrganizationSettings, Failure> {
        let Organization { id, slug, .. } = &self.organization;
        let settings = store.organizations.settings(id).await?;
        settings.ok_or_else(|| missing::organization(slug).into())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slug = &self.organization.slug;
        match &self.part {
            Part::PublicModels => write!(f, "the organization `{slug}`"),
            Part::NewProjects => write!(f, "new projects of `{slug}`"),
            Part::Project(id) => write!(f, "the project {id}"),
        }
    }
}
