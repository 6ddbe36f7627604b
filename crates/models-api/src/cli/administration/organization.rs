//! `organization create|list|show|rename|disable|enable|delete`.

mod delete;

use clap::Subcommand;
use models_core::{
    Entered, Name, Organization, OrganizationId, OrganizationUpdate, RepositoryError, Slug,
};
use models_node::use_cases::organizations::{self, NewOrganization};
use serde_json::json;

use self::delete::Delete;
use super::cell;
use crate::cli::catalog::{find_organization, origin};
use crate::cli::limit::Limit;
use crate::cli::missing;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Create an organization and its default project.
    #[command(
        after_help = "Examples:\n  models-api organization create --slug acme --name 'Acme Research'\n  models-api organization create --slug beta --name Beta --id org-beta"
    )]
    Create {
        /// A unique identifier of lower-case letters, digits and `-`, used in the ids of fine-tuned models.
        #[arg(long)]
        slug: Slug,
        /// The display name. Models of the organization have it as `owned_by`.
        #[arg(long)]
        name: Entered<Name>,
        /// The id: 1 to 64 letters, digits, `_` and `-`, unique and never used again. Without this option the command
        /// makes one.
        #[arg(long, value_name = "ORGANIZATION_ID")]
        id: Option<OrganizationId>,
    },
    /// List all organizations.
    #[command(after_help = "Example:\n  models-api organization list --json")]
    List(Limit),
    /// Show one organization.
    #[command(after_help = "Example:\n  models-api organization show acme")]
    Show {
        /// The organization's slug.
        slug: Slug,
    },
    /// Change the display name. The slug never changes.
    #[command(after_help = "Example:\n  models-api organization rename acme --name 'Acme Labs'")]
    Rename {
        /// The organization's slug.
        slug: Slug,
        /// The new display name.
        #[arg(long)]
        name: Entered<Name>,
    },
    /// Disable an organization: the service refuses its keys, until it is enabled again.
    #[command(after_help = "Example:\n  models-api organization disable acme")]
    Disable {
        /// The organization's slug.
        slug: Slug,
    },
    /// Enable a disabled organization.
    #[command(after_help = "Example:\n  models-api organization enable acme")]
    Enable {
        /// The organization's slug.
        slug: Slug,
    },
    /// Delete an organization with its keys, admin keys, projects, service accounts and models.
    ///
    /// The command prints the number of keys, projects, accounts and models that it removes, and asks for the slug. The
    /// event log stays. No other organization can get the slug or the ids.
    Delete(Delete),
}

impl Command {
    /// Whether the command creates a missing database.
    pub(in crate::cli) fn may_create(&self) -> bool {
        matches!(self, Self::Create { .. })
    }

    /// Whether the command may change the catalog.
    pub(in crate::cli) fn changes(&self) -> bool {
        match self {
            Self::Create { .. }
            | Self::Rename { .. }
            | Self::Disable { .. }
            | Self::Enable { .. }
            | Self::Delete(_) => true,
            Self::List(_) | Self::Show { .. } => false,
        }
    }
}

pub(in crate::cli) async fn run(
    command: Command,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    match command {
        Command::Create { slug, name, id } => {
            create(NewOrganization { id, slug, name }, store, output).await
        }
        Command::List(limit) => list(&limit, store, output).await,
        Command::Show { slug } => show(&slug, store, output).await,
        Command::Rename { slug, name } => rename(&slug, name, store, output).await,
        Command::Disable { slug } => disable(&slug, store, output).await,
        Command::Enable { slug } => enable(&slug, store, output).await,
        Command::Delete(delete) => delete.run(store, output).await,
    }
}

async fn create(new: NewOrganization, store: &Store, output: Output) -> Result<(), Failure> {
    let (id, slug) = (new.id.clone(), new.slug.clone());
    let created = organizations::create(&*store.organizations, new, origin()).await;
    let organization = match created {
        Ok(organization) => organization,
        Err(RepositoryError::AlreadyExists) => {
            return Err(taken(id.as_ref(), &slug, store).await?.into());
        }
        Err(error) => return Err(error.into()),
    };
    let Organization { id, slug, name, .. } = &organization;
    output.object(&json!({"id": id, "slug": slug, "name": name}), || {
        format!("Created the organization `{slug}` ({id}).\nTo create its first key: models-api key create --organization {slug} --role owner --name NAME")
    })
}

/// The text about an id or a slug that cannot be used.
async fn taken(id: Option<&OrganizationId>, slug: &Slug, store: &Store) -> Result<String, Failure> {
    let found = store.organizations.find_by_slug(slug).await?;
    Ok(match (found, id) {
        (Some(_), _) => format!("the organization `{slug}` already exists"),
        (None, None) => {
            format!("an organization with the slug `{slug}` was deleted, and no slug is used again")
        }
        (None, Some(id)) => format!(
            "an organization with the id `{id}` exists, or an organization with this id or the slug `{slug}` was deleted; no id \
             and no slug is used again"
        ),
    })
}

async fn list(limit: &Limit, store: &Store, output: Output) -> Result<(), Failure> {
    let mut organizations = store.organizations.list().await?;
    limit.truncate(&mut organizations);
    output.list(
        [
            "slug",
            "id",
            "name",
            "default project",
            "created",
            "disabled",
        ],
        &organizations,
        |organization| {
            [
                organization.slug.to_string(),
                organization.id.to_string(),
                organization.name.to_string(),
                organization.default_project.id.to_string(),
                organization.created_at.to_string(),
                cell(organization.disabled_at),
            ]
        },
    )
}

async fn show(slug: &Slug, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = find_organization(store, slug).await?;
    output.object(&organization, || {
        format!(
            "slug             {slug}\nid               {}\nname             {}\ndefault project  {}\ncreated          {}\ndisabled         {}",
            organization.id,
            organization.name,
            organization.default_project.id,
            organization.created_at,
            cell(organization.disabled_at)
        )
    })
}

async fn rename(
    slug: &Slug,
    name: Entered<Name>,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let update = OrganizationUpdate::Name(name.into_inner());
    let organization = update_one(slug, update, store).await?;
    output.object(&organization, || {
        format!(
            "The organization `{slug}` has the name `{}`.",
            organization.name
        )
    })
}

async fn disable(slug: &Slug, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = update_one(slug, OrganizationUpdate::Disable, store).await?;
    output.object(&organization, || {
        format!("Disabled the organization `{slug}`: the service refuses its keys.\nTo enable it again: models-api organization enable {slug}")
    })
}

async fn enable(slug: &Slug, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = update_one(slug, OrganizationUpdate::Enable, store).await?;
    output.object(&organization, || {
        format!("The organization `{slug}` is enabled.")
    })
}

/// Updates a setting of an organization. Returns the organization after that.
async fn update_one(
    slug: &Slug,
    update: OrganizationUpdate,
    store: &Store,
) -> Result<Organization, Failure> {
    let organization = find_organization(store, slug).await?;
    update_organization(&organization, update, store).await?;
    find_organization(store, slug).await
}

/// Updates a setting of an organization.
pub(super) async fn update_organization(
    Organization { id, slug, .. }: &Organization,
    update: OrganizationUpdate,
    store: &Store,
) -> Result<(), Failure> {
    let updated = store.organizations.update(id, update, origin()).await?;
    updated
        .map(drop)
        .ok_or_else(|| missing::organization(slug).into())
}
