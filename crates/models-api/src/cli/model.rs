//! `model import|export|create|update|list|search|show|delete`.

mod create;
mod delete;
mod fields;
mod import;
mod list;
mod owner;
mod registration;
mod search;
mod update;

use clap::Subcommand;
use models_core::ModelId;

use self::create::Create;
use self::delete::Delete;
use self::import::ImportFile;
use self::list::List;
use self::owner::{Owner, find_model};
use self::search::Search;
use self::update::Update;
use super::terminal::{Failure, Output, print};
use crate::dialects::openai::objects::ModelObject;
use crate::store::Store;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create and update models from the response of any OpenAI-compatible `GET /v1/models`: all entries or none.
    Import(ImportFile),
    /// Print the models as a list that `import` accepts.
    #[command(
        after_help = "Examples:\n  models-api model export > models.json\n  models-api model export --organization acme > acme.json"
    )]
    Export(Owner),
    /// Create one model. The same command again changes nothing.
    Create(Create),
    /// Change fields of one model.
    Update(Update),
    /// List the models.
    List(List),
    /// Find models by a part of their ids, among the public models and those of all organizations.
    Search(Search),
    /// Show one model.
    #[command(
        after_help = "Examples:\n  models-api model show gpt-4o-mini\n  models-api model show ft:gpt-4o-mini:acme::a1 --organization acme"
    )]
    Show {
        /// The model's id.
        id: ModelId,
        #[command(flatten)]
        owner: Owner,
    },
    /// Delete one model. Without --yes, the command asks for a confirmation before it deletes a public model.
    Delete(Delete),
}

impl Command {
    /// Whether the command creates a missing database.
    pub(super) fn may_create(&self) -> bool {
        match self {
            Self::Import(import) => !import.dry_run,
            Self::Create(create) => create.may_create(),
            Self::Export(_)
            | Self::Update(_)
            | Self::List(_)
            | Self::Search(_)
            | Self::Show { .. }
            | Self::Delete(_) => false,
        }
    }

    /// Whether the command may change the catalog.
    pub(super) fn changes(&self) -> bool {
        match self {
            Self::Import(import) => !import.dry_run,
            Self::Create(_) | Self::Update(_) | Self::Delete(_) => true,
            Self::Export(_) | Self::List(_) | Self::Search(_) | Self::Show { .. } => false,
        }
    }
}

pub(super) async fn run(command: Command, store: &Store, output: Output) -> Result<(), Failure> {
    match command {
        Command::Import(import) => import.run(store, output).await,
        Command::Export(owner) => export(&owner, store).await,
        Command::Create(create) => create.run(store, output).await,
        Command::Update(update) => update.run(store, output).await,
        Command::List(list) => list.run(store, output).await,
        Command::Search(search) => search.run(store, output).await,
        Command::Show { id, owner } => show(&id, &owner, store, output).await,
        Command::Delete(delete) => delete.run(store, output).await,
    }
}

/// Prints the response of `GET /v1/models` with one model per line.
async fn export(owner: &Owner, store: &Store) -> Result<(), Failure> {
    let models = owner.models(store).await?;
    let lines: Result<Vec<String>, _> = models
        .iter()
        .map(|model| serde_json::to_string(&ModelObject::from(model)))
        .collect();
    print(&format!(
        "{{\"object\":\"list\",\"data\":[\n{}\n]}}",
        lines?.join(",\n")
    ))
}

async fn show(id: &ModelId, owner: &Owner, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = owner.find(store).await?;
    let model = find_model(store, organization.as_ref(), id).await?;
    output.object(&ModelObject::from(&model), || {
        let shutdown_date = model.shutdown_date.map_or_else(|| "not announced".to_owned(), String::from);
        let owner = organization.map_or_else(|| "all organizations".to_owned(), |organization| format!("`{}`", organization.slug));
        format!(
            "id             {id}\ncreated        {}\nowned by       {}\nshutdown date  {shutdown_date}\nvisible to     {owner}",
            model.created, model.owned_by
        )
    })
}
