//! `model import|export|list|show|delete`.

mod import;
mod whose;

use clap::Subcommand;
use models_core::{Model, ModelId, Organization};
use models_node::use_cases::models;

use self::import::ImportFile;
use self::whose::Whose;
use super::catalog::{find_owner, origin};
use super::terminal::{Failure, Output, print, print_table};
use crate::dialects::openai::objects::{DeletedModelObject, ModelObject};
use crate::store::Store;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add and change models from the answer of any OpenAI-compatible `GET /v1/models`, all of them
    /// or none.
    Import(ImportFile),
    /// Write the models in the same form, so that what is exported can be imported.
    #[command(
        after_help = "Examples:\n  models-api model export > models.json\n  models-api model export --organization acme > acme.json"
    )]
    Export(Whose),
    /// List the models.
    #[command(
        after_help = "Examples:\n  models-api model list\n  models-api model list --organization acme --json"
    )]
    List(Whose),
    /// Show a model.
    #[command(
        after_help = "Examples:\n  models-api model show gpt-4o-mini\n  models-api model show ft:gpt-4o-mini:acme::a1 --organization acme"
    )]
    Show {
        /// Its id.
        id: ModelId,
        #[command(flatten)]
        whose: Whose,
    },
    /// Delete a model.
    #[command(
        after_help = "Examples:\n  models-api model delete gpt-4o-mini\n  models-api model delete ft:gpt-4o-mini:acme::a1 --organization acme"
    )]
    Delete {
        /// Its id.
        id: ModelId,
        #[command(flatten)]
        whose: Whose,
    },
}

impl Command {
    /// Whether a database that is not there is to be made.
    pub(super) fn may_create(&self) -> bool {
        matches!(self, Self::Import(import) if !import.dry_run)
    }

    /// Whether it may change what is in the database.
    pub(super) fn changes(&self) -> bool {
        self.may_create() || matches!(self, Self::Delete { .. })
    }
}

pub(super) async fn run(command: Command, store: &Store, output: Output) -> Result<(), Failure> {
    match command {
        Command::Import(import) => import.run(store, output).await,
        Command::Export(whose) => export(&whose, store).await,
        Command::List(whose) => list(&whose, store, output).await,
        Command::Show { id, whose } => show(&id, &whose, store, output).await,
        Command::Delete { id, whose } => delete(&id, &whose, store, output).await,
    }
}

/// The answer of `GET /v1/models`, with one model a line.
async fn export(whose: &Whose, store: &Store) -> Result<(), Failure> {
    let models = find_models(whose, store).await?;
    let lines: Result<Vec<String>, _> = models
        .iter()
        .map(|model| serde_json::to_string(&ModelObject::from(model)))
        .collect();
    print(&format!(
        "{{\"object\":\"list\",\"data\":[\n{}\n]}}",
        lines?.join(",\n")
    ))
}

async fn list(whose: &Whose, store: &Store, output: Output) -> Result<(), Failure> {
    let models = find_models(whose, store).await?;
    if output.json {
        let objects: Vec<_> = models.iter().map(ModelObject::from).collect();
        return print(&serde_json::to_string(&objects)?);
    }
    print_table(
        ["id", "created", "owned by", "shutdown date"],
        &models,
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

async fn find_models(whose: &Whose, store: &Store) -> Result<Vec<Model>, Failure> {
    let organization = find_owner(store, whose.organization.as_ref()).await?;
    let scope = models::scope(organization.as_ref());
    Ok(store.models.list(&scope).await?)
}

async fn show(id: &ModelId, whose: &Whose, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = find_owner(store, whose.organization.as_ref()).await?;
    let scope = models::scope(organization.as_ref());
    let found = store.models.find(&scope, id).await?;
    let model = found.ok_or_else(|| missing(id, organization.as_ref()))?;
    output.object(&ModelObject::from(&model), || {
        let shutdown_date = model.shutdown_date.map_or_else(|| "not announced".to_owned(), String::from);
        let whose = organization.map_or_else(|| "all organizations".to_owned(), |organization| format!("`{}`", organization.slug));
        format!(
            "id             {id}\ncreated        {}\nowned by       {}\nshutdown date  {shutdown_date}\nvisible to     {whose}",
            model.created, model.owned_by
        )
    })
}

async fn delete(id: &ModelId, whose: &Whose, store: &Store, output: Output) -> Result<(), Failure> {
    let organization = find_owner(store, whose.organization.as_ref()).await?;
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
            "there is no public model `{id}`; with --organization SLUG, an organization's own is found"
        ),
        Some(organization) => format!(
            "the organization `{}` has no model `{id}` of its own",
            organization.slug
        ),
    }
}
