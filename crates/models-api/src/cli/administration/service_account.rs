//! `service-account create|create-key|list|show|update|delete`.

mod create;
mod create_key;
mod update;

use clap::{Args, Subcommand};
use models_core::{ServiceAccount, ServiceAccountId};

use self::create::Create;
use self::create_key::CreateKey;
use self::update::Update;
use super::project_options::ProjectOptions;
use super::refusal::done;
use crate::cli::catalog::origin;
use crate::cli::limit::Limit;
use crate::cli::terminal::{Failure, Output};
use crate::store::Store;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Create a service account, which owns keys of a project.
    Create(Create),
    /// Create a key of a service account and print it once.
    CreateKey(CreateKey),
    /// List the service accounts of a project, the oldest first.
    #[command(
        after_help = "Examples:\n  models-api service-account list --organization acme\n  models-api service-account list --project proj_abc --limit 10 --json"
    )]
    List {
        #[command(flatten)]
        project: ProjectOptions,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one service account. `models-api key list --service-account ID` lists its keys.
    #[command(
        after_help = "Example:\n  models-api service-account show svc_acct_abc --project proj_abc"
    )]
    Show(Target),
    /// Change the name or the role of a service account.
    Update(Update),
    /// Delete a service account and revoke its keys permanently.
    #[command(
        after_help = "Example:\n  models-api service-account delete svc_acct_abc --project proj_abc"
    )]
    Delete(Target),
}

/// The service account that a command is about.
#[derive(Args)]
pub(in crate::cli) struct Target {
    /// The service account's id; `models-api service-account list` shows all ids.
    #[arg(value_name = "SERVICE_ACCOUNT_ID")]
    id: ServiceAccountId,
    #[command(flatten)]
    project: ProjectOptions,
}

impl Command {
    /// Whether the command may change the catalog.
    pub(in crate::cli) fn changes(&self) -> bool {
        match self {
            Self::Create(_) | Self::CreateKey(_) | Self::Update(_) | Self::Delete(_) => true,
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
        Command::Create(create) => create.run(store, output).await,
        Command::CreateKey(create) => create.run(store, output).await,
        Command::List { project, limit } => list(&project, &limit, store, output).await,
        Command::Show(target) => target.show(store, output).await,
        Command::Update(update) => update.run(store, output).await,
        Command::Delete(target) => target.delete(store, output).await,
    }
}

async fn list(
    project: &ProjectOptions,
    limit: &Limit,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let (organization, project) = project.find(store).await?;
    let accounts = limit
        .read(async |request| {
            let accounts = &store.service_accounts;
            let page = accounts.list(&organization.id, &project, request).await?;
            page.ok_or_else(|| format!("there is no project `{project}`").into())
        })
        .await?;
    output.list(["id", "name", "role", "created"], &accounts, |account| {
        [
            account.id.to_string(),
            account.name.to_string(),
            account.role.to_string(),
            account.created_at.to_string(),
        ]
    })
}

impl Target {
    async fn show(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (organization, project) = self.project.find(store).await?;
        let accounts = &store.service_accounts;
        let found = accounts.find(&organization.id, &project, &self.id).await?;
        let account = found.ok_or_else(|| missing(&self.id))?;
        output.object(&account, || {
            let ServiceAccount { id, name, role, created_at, .. } = &account;
            format!(
                "id            {id}\norganization  {}\nproject       {project}\nname          {name}\nrole          {role}\ncreated       {created_at}",
                organization.slug
            )
        })
    }

    async fn delete(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (organization, project) = self.project.find(store).await?;
        let accounts = &store.service_accounts;
        let deleted = accounts
            .delete(&organization.id, &project, &self.id, origin())
            .await;
        let account = done(deleted, || missing(&self.id))?;
        output.object(&account, || {
            format!(
                "Deleted the service account {} and revoked its keys.",
                account.id
            )
        })
    }
}

pub(super) fn missing(id: &ServiceAccountId) -> String {
    format!(
        "the project has no service account `{id}`; `models-api service-account list` shows all of a project, and \
         --project names another project"
    )
}
