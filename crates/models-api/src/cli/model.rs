//! `model import|export|list|show|delete`.

mod import;
mod owner;

use clap::Subcommand;
use models_core::{Model, ModelId, Organization};
use models_node::use_cases::models;

use self::import::ImportFile;
use self::owner::Owner;
use super::catalog::{find_owner, origin};
use super::limit::Limit;
use super::terminal::{Failure, Output, print};
use crate::dialects::openai::objects::{DeletedModelObject, ModelObject};
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
    /// List the models.
    #[command(
        after_help = "Examples:\n  models-api model list\n  models-api model list --organization acme --limit 10 --json"
    )]
    List {
        #[command(flatten)]
        owner: Owner,
        #[command(flatten)]
        limit: Limit,
    },
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
    /// Delete one model.
    #[command(
        after_help = "Examples:\n  models-api model delete gpt-4o-mini\n  models-api model delete ft:gpt-4o-mini:acme::a1 --organization acme"
    )]
    Delete {
        /// The model's id.
        id: ModelId,
        #[command(flatten)]
        owner: Owner,
    },
}

impl Command {
    /// Whether the command creates a missing database.
    pub(super) fn may_create(&self) -> bool {
        matches!(self, Self::Import(import) if !import.dry_run)
    }

    /// Whether the command may change the catalog.
    pub(super) fn changes(&self) -> bool {
        self.may_create() || matches!(self, Self::Delete { .. })
    }
}

pub(super) async fn run(command: Command, store: &Store, output: Output) -> Result<(), Failure> {
    match command {
        Command::Import(import) => import.run(store, output).await,
        Command::Export(owner) => export(&owner, store).await,
        Command::List { owner, limit } => list(&owner, &limit, store, output).await,
        Command::Show { id, owner } => show(&id, &owner, store, output).await,
        Command::Delete { id, owner } => delete(&id, &owner, store, output).await,
    }
}

/// Prints the response of `GET /v1/models` with one model per line.
async fn export(owner: &Owner, store: &Store) -> Result<(), Failure> {
    let models = find_models(owner, store).await?;
    let lines: Result<Vec<String>, _> = models
        .iter()
        .map(|model| serde_json::to_string(&ModelObject::from(model)))
        .collect();
    print(&format!(
        "{{\"object\":\"list\",\"data\":[\n{}\n]}}",
        lines?.join(",\n")
    ))
}

async fn list(owner: &Owner, limit: &Limit, store: &Store, output: Output) -> Result<(), Failure> {
    let mut models = find_models(owner, store).await?;
    limit.truncate(&mut models);
    output.list_as(
        ["id", "created", "owned by", "shutdown date"],
        &models,
        ModelObject::from,
        |model| {
            let shutdown_date = model
                .shutdown_date
                .map_or_else(|| "-".to_owned(), String::from);
            [
                model.id.to_string(),
                model.created.to_string(),
                model.owned_by.to_string(),
                shutdown_date,
            ]
        },
    )
}

async fn find_models(owner: &Owner, store: &Store) -> Result<Vec<Model>, Failure> {
    let organization = find_owner(store, owner.organization.as_ref()).await?;
    let scope = models::scope(organization.as_ref());
    Ok(store.models.list(&scope).await?)
}

async fn show(id: &ModelId, owner: &Owner, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = find_owner(store, owner.organization.as_ref()).await?;
    let scope = models::scope(organization.as_ref());
    let found = store.models.find(&scope, id).await?;
    let model = found.ok_or_else(|| missing(id, organization.as_ref()))?;
    output.object(&ModelObject::from(&model), || {
        let shutdown_date = model.shutdown_date.map_or_else(|| "not announced".to_owned(), String::from);
        let owner = organization.map_or_else(|| "all organizations".to_owned(), |organization| format!("`{}`", organization.slug));
        format!(
            "id             {id}\ncreated        {}\nowned by       {}\nshutdown date  {shutdown_date}\nvisible to     {owner}",
            model.created, model.owned_by
        )
    })
}

async fn delete(id: &ModelId, owner: &Owner, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = find_owner(store, owner.organization.as_ref()).await?;
    let organization = organization.as_ref();
    let deleted = models::delete(&*store.models, organization, id, origin()).await?;
    let model = deleted.ok_or_else(|| missing(id, organization))?;
    output.object(&DeletedModelObject::from(&model), || match organization {
        None => format!("Deleted the public model `{id}`."),
        Some(_) => format!("Deleted the model `{id}`."),
    })
}

fn missing(id: &ModelId, organization: Option<&Organization>) -> String {
    match organization {
        None => format!(
            "there is no public model `{id}`; for a model of an organization, add --organization SLUG"
        ),
        Some(organization) => format!(
            "the organization `{}` has no model `{id}` of its own",
            organization.slug
        ),
    }
}
