//! `project create|list|show|rename|archive`.

use clap::{Args, Subcommand};
use models_core::{Entered, Name, Project, ProjectId, Slug};
use models_node::use_cases::projects::{self, NewProject};

use super::cell;
use super::refusal::{created, done};
use crate::cli::catalog::{find_organization, find_project, origin};
use crate::cli::limit::Limit;
use crate::cli::missing;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Create a project.
    #[command(
        after_help = "Examples:\n  models-api project create --organization acme --name Production\n  models-api project create --organization acme --name Production --id proj_abc"
    )]
    Create {
        /// The organization of the project.
        #[arg(long, value_name = "SLUG")]
        organization: Slug,
        /// The display name.
        #[arg(long)]
        name: Entered<Name>,
        /// The id: 1 to 64 letters, digits, `_` and `-`, unique over all organizations. Without this option the command
        /// makes one.
        #[arg(long)]
        id: Option<ProjectId>,
    },
    /// List the projects of an organization, the oldest first.
    #[command(
        after_help = "Examples:\n  models-api project list --organization acme\n  models-api project list --organization acme --include-archived --limit 10 --json"
    )]
    List {
        /// The organization.
        #[arg(long, value_name = "SLUG")]
        organization: Slug,
        /// List archived projects too.
        #[arg(long)]
        include_archived: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one project.
    #[command(after_help = "Example:\n  models-api project show proj_abc")]
    Show(Target),
    /// Rename a project.
    #[command(after_help = "Example:\n  models-api project rename proj_abc --name Staging")]
    Rename {
        #[command(flatten)]
        target: Target,
        /// The new display name.
        #[arg(long)]
        name: Entered<Name>,
    },
    /// Archive a project permanently: the service refuses its keys, and no command or request can change the project.
    #[command(after_help = "Example:\n  models-api project archive proj_abc")]
    Archive(Target),
}

/// The project that a command is about.
#[derive(Args)]
pub(in crate::cli) struct Target {
    /// The project's id; `models-api project list` shows all ids.
    #[arg(value_name = "PROJECT_ID")]
    id: ProjectId,
    /// The organization. The command needs it only to refuse a project of another one.
    #[arg(long, value_name = "SLUG")]
    organization: Option<Slug>,
}

impl Command {
    /// Whether the command may change the catalog.
    pub(in crate::cli) fn changes(&self) -> bool {
        match self {
            Self::Create { .. } | Self::Rename { .. } | Self::Archive(_) => true,
            Self::List { .. } | Self::Show(_) => false,
        }
    }
}

pub(in crate::cli) async fn run(
    command: Command,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    match command {
        Command::Create {
            organization,
            name,
            id,
        } => create(&organization, NewProject { id, name }, store, output).await,
        Command::List {
            organization,
            include_archived,
            limit,
        } => list(&organization, include_archived, &limit, store, output).await,
        Command::Show(target) => target.show(store, output).await,
        Command::Rename { target, name } => target.rename(name, store, output).await,
        Command::Archive(target) => target.archive(store, output).await,
    }
}

async fn create(
    organization: &Slug,
    new: NewProject,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let organization = find_organization(store, organization).await?;
    let taken = match &new.id {
        Some(id) => format!("an organization has, or had, a project with the id `{id}`"),
        None => {
            "an organization has a project with the generated id; run the command again".to_owned()
        }
    };
    let outcome = projects::create(&*store.projects, &organization.id, new, origin()).await;
    let slug = organization.slug;
    let project = created(outcome, || taken, || missing::organization(&slug))?;
    output.object(&project, || {
        format!("Created the project {} of `{slug}`.", project.id)
    })
}

async fn list(
    organization: &Slug,
    include_archived: bool,
    limit: &Limit,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let id = find_organization(store, organization).await?.id;
    let projects = limit
        .read(async |request| Ok(store.projects.list(&id, request, include_archived).await?))
        .await?;
    output.list(
        ["id", "name", "default", "created", "archived"],
        &projects,
        |project| {
            [
                project.id.to_string(),
                project.name.to_string(),
                default_text(project).to_owned(),
                project.created_at.to_string(),
                cell(project.archived_at),
            ]
        },
    )
}

impl Target {
    async fn show(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (organization, project) =
            find_project(store, self.organization.as_ref(), &self.id).await?;
        output.object(&project, || {
            format!(
                "id            {}\norganization  {}\nname          {}\ndefault       {}\ncreated       {}\narchived      {}",
                project.id,
                organization.slug,
                project.name,
                default_text(&project),
                project.created_at,
                cell(project.archived_at)
            )
        })
    }

    async fn rename(
        self,
        name: Entered<Name>,
        store: &Store,
        output: Output,
    ) -> Result<(), Failure> {
        let (organization, Project { id, .. }) =
            find_project(store, self.organization.as_ref(), &self.id).await?;
        let projects = &store.projects;
        let renamed = projects
            .rename(&organization.id, &id, name.into_inner(), origin())
            .await;
        let project = done(renamed, || missing::project(&id))?;
        output.object(&project, || {
            format!("The project {id} has the name `{}`.", project.name)
        })
    }

    async fn archive(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (organization, Project { id, .. }) =
            find_project(store, self.organization.as_ref(), &self.id).await?;
        let archived = store
            .projects
            .archive(&organization.id, &id, origin())
            .await;
        let project = done(archived, || missing::project(&id))?;
        output.object(&project, || format!("Archived the project {id}."))
    }
}

fn default_text(project: &Project) -> &'static str {
    if project.is_default { "yes" } else { "no" }
}
