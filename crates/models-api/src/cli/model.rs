//! `model import|export|list|show|delete`.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use models_core::{
    Import, ImportEntry, ImportReport, Model, ModelId, Name, Organization, Progress, Scope, Slug,
    is_private_fine_tune,
};
use models_store::Store;
use serde_json::json;

use super::output::{Output, complain, print};
use super::{Failure, find_scope, origin};
use crate::list_file::{self, InvalidEntry};
use crate::objects::{DeletedModelObject, ModelObject};

/// Who made a public model of which nobody says it; OpenAI's own word.
const DEFAULT_OWNER: &str = "system";

/// From how many entries on an import shows its progress.
const MANY: usize = 1_000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add and change models from the answer of any OpenAI-compatible `GET /v1/models`, all of them
    /// or none.
    Import(ImportFile),
    /// Write the models in the same form, so that what is exported can be imported.
    Export(Whose),
    /// List the models.
    List(Whose),
    /// Show a model.
    Show {
        /// Its id.
        id: ModelId,
        #[command(flatten)]
        whose: Whose,
    },
    /// Delete a model.
    Delete {
        /// Its id.
        id: ModelId,
        #[command(flatten)]
        whose: Whose,
    },
}

#[derive(Args)]
pub(super) struct Whose {
    /// The models of this organization, in place of the public ones.
    #[arg(long, value_name = "SLUG")]
    organization: Option<Slug>,
}

#[derive(Args)]
pub(super) struct ImportFile {
    /// The file, or `-` for standard input.
    file: PathBuf,
    #[command(flatten)]
    whose: Whose,
    /// Leave out entries that are not good, in place of refusing them all.
    #[arg(long)]
    skip_invalid: bool,
    /// Say what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Command {
    /// Whether a database that is not there is to be made.
    pub(super) fn may_create(&self) -> bool {
        matches!(self, Self::Import(import) if !import.dry_run)
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

impl ImportFile {
    async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let (scope, organization) = find_scope(store, self.whose.organization.as_ref()).await?;
        let (entries, refused) = self.entries()?;
        let whose = organization.as_ref().map_or_else(
            || "public".to_owned(),
            |organization| format!("`{}`", organization.slug),
        );
        if scope == Scope::Public {
            warn_of_fine_tuned(&entries);
        }
        let bar = progress_bar(entries.len(), output);
        let import = Import {
            scope,
            entries,
            default_owner: default_owner(organization)?,
            dry_run: self.dry_run,
        };
        let report = store.models.import(import, origin(), progress(&bar)).await;
        bar.finish_and_clear();
        let ImportReport {
            created,
            updated,
            unchanged,
            turn,
        } = report?;
        let (created, updated) = (created.len(), updated.len());
        let turn_ms = u64::try_from(turn.as_millis()).unwrap_or(u64::MAX);
        let counts = json!({"created": created, "updated": updated, "unchanged": unchanged, "refused": refused, "turn_ms": turn_ms});
        output.object(&counts, || {
            let prefix = if self.dry_run { "Dry run, nothing changed: " } else { "" };
            format!("{prefix}{created} created, {updated} updated, {unchanged} unchanged, {refused} refused ({whose})")
        })
    }

    /// The good entries, and how many bad ones were left out.
    fn entries(&self) -> Result<(Vec<ImportEntry>, usize), Failure> {
        let name = super::shown(&self.file);
        let parsed = list_file::parse(&super::read(&self.file)?);
        let parsed = parsed.map_err(|error| {
            format!("{name}: this is not the JSON of a list of models: {error}")
        })?;
        let (good, bad): (Vec<_>, Vec<_>) = parsed.into_iter().partition(Result::is_ok);
        let bad: Vec<InvalidEntry> = bad.into_iter().filter_map(Result::err).collect();
        if !bad.is_empty() && !self.skip_invalid {
            return Err(refusal(&name, &bad).into());
        }
        for entry in &bad {
            complain(&format!("{name}: left out {entry}"));
        }
        Ok((good.into_iter().filter_map(Result::ok).collect(), bad.len()))
    }
}

/// The list of a key at OpenAI holds the fine-tuned models of its organization beside the public
/// ones.
fn warn_of_fine_tuned(entries: &[ImportEntry]) {
    let mut private = entries
        .iter()
        .filter(|entry| is_private_fine_tune(entry.id.as_str()));
    if let Some(ImportEntry { id: first, .. }) = private.next() {
        let count = 1 + private.count();
        complain(&format!(
            "warning: {count} of these are fine-tuned models (such as `{first}`), and without --organization every organization sees them"
        ));
    }
}

/// Names the first bad entries; a file of another form may have thousands.
fn refusal(name: &str, bad: &[InvalidEntry]) -> String {
    const SHOWN: usize = 10;
    let mut text =
        format!("{name}: nothing was imported; --skip-invalid leaves these entries out:");
    for entry in bad.iter().take(SHOWN) {
        let _ = write!(text, "\n  {entry}");
    }
    if bad.len() > SHOWN {
        let _ = write!(text, "\n  and {} more", bad.len() - SHOWN);
    }
    text
}

fn default_owner(organization: Option<Organization>) -> Result<Name, Failure> {
    organization.map_or_else(
        || Ok(DEFAULT_OWNER.parse()?),
        |organization| Ok(organization.name),
    )
}

/// Visible on a terminal, when there is much to do; it hides itself elsewhere.
fn progress_bar(entries: usize, output: Output) -> ProgressBar {
    if output.json || entries < MANY {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{wide_bar} {pos}/{len} models").expect("a constant template");
    ProgressBar::new(entries as u64).with_style(style)
}

fn progress(bar: &ProgressBar) -> Progress {
    let bar = bar.clone();
    Arc::new(move |done| bar.set_position(done as u64))
}

/// The answer of `GET /v1/models`, with one model a line.
async fn export(whose: &Whose, store: &Store) -> Result<(), Failure> {
    let models = models(whose, store).await?;
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
    let models = models(whose, store).await?;
    if output.json {
        let objects: Vec<_> = models.iter().map(ModelObject::from).collect();
        return print(&serde_json::to_string(&objects)?);
    }
    output.list(
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

async fn models(whose: &Whose, store: &Store) -> Result<Vec<Model>, Failure> {
    let (scope, _) = find_scope(store, whose.organization.as_ref()).await?;
    Ok(store.models.list(&scope).await?)
}

async fn show(id: &ModelId, whose: &Whose, store: &Store, output: Output) -> Result<(), Failure> {
    let (scope, organization) = find_scope(store, whose.organization.as_ref()).await?;
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
    let (scope, organization) = find_scope(store, whose.organization.as_ref()).await?;
    let deleted = store.models.delete(&scope, id, origin()).await?;
    let model = deleted.ok_or_else(|| missing(id, organization.as_ref()))?;
    output.object(&DeletedModelObject::from(&model), || match scope {
        Scope::Public => format!("Deleted the public model `{id}`."),
        Scope::Organization(_) => format!("Deleted the model `{id}`."),
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
