//! `organization create|list`.

use clap::Subcommand;
use models_core::{Entered, Name, Organization, RepositoryError, Slug};
use models_node::use_cases::organizations;
use serde_json::json;

use super::catalog::origin;
use super::terminal::{Failure, Output};
use crate::store::Store;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create an organization and its default project.
    #[command(
        after_help = "Example:\n  models-api organization create --slug acme --name 'Acme Research'"
    )]
    Create {
        /// A unique identifier of lower-case letters, digits and `-`, used in the ids of fine-tuned models.
        #[arg(long)]
        slug: Slug,
        /// The display name. Models of the organization have it as `owned_by`.
        #[arg(long)]
        name: Entered<Name>,
    },
    /// List all organizations.
    #[command(after_help = "Example:\n  models-api organization list --json")]
    List,
}

pub(super) async fn run(command: Command, store: &Store, output: Output) -> Result<(), Failure> {
    match command {
        Command::Create { slug, name } => create(slug, name, store, output).await,
        Command::List => list(store, output).await,
    }
}

async fn create(
    slug: Slug,
    name: Entered<Name>,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let created = organizations::create(&*store.organizations, slug.clone(), name, origin()).await;
    let organization = match created {
        Ok(organization) => organization,
        Err(RepositoryError::AlreadyExists) => {
            return Err(format!("the organization `{slug}` already exists").into());
        }
        Err(error) => return Err(error.into()),
    };
    let Organization { id, slug, name, .. } = &organization;
    output.object(&json!({"id": id, "slug": slug, "name": name}), || {
        format!("Created the organization `{slug}` ({id}).\nTo create its first key: models-api key create --organization {slug} --role owner --name NAME")
    })
}

async fn list(store: &Store, output: Output) -> Result<(), Failure> {
    let organizations = store.organizations.list().await?;
    output.list(
        ["slug", "id", "name", "default project", "created"],
        &organizations,
        |organization| {
            [
                organization.slug.to_string(),
                organization.id.to_string(),
                organization.name.to_string(),
                organization.default_project.id.to_string(),
                organization.created_at.to_string(),
            ]
        },
    )
}
