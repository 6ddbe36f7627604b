//! `service-account create|create-key|list|show|update|delete`.

mod create;
mod create_key;
mod target;
mod update;

use clap::Subcommand;

use self::create::Create;
use self::create_key::CreateKey;
use self::target::Target;
use self::update::Update;
use super::project_options::ProjectOptions;
use crate::cli::limit::Limit;
use crate::cli::missing;
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
            page.ok_or_else(|| missing::project(&project).into())
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
