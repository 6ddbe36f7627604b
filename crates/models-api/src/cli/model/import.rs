//! `model import`.

use std::fmt::Write;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use models_core::{
    ImportEntry, ImportReport, ModelId, Progress, UpdatedModel, is_private_fine_tune,
};
use models_node::use_cases::models::{self, NewImport};
use serde::Serialize;

use super::owner::Owner;
use crate::cli::catalog::{find_owner, origin};
use crate::cli::list_file::{self, InvalidEntries, List};
use crate::cli::terminal::{Failure, Output, open_input, print_message, shown};
use crate::store::Store;

/// An import of at least this many entries shows its progress.
const MANY: usize = 1_000;

/// A refusal names at most this many invalid entries.
const NAMED: usize = 10;

const EXAMPLES: &str = "Examples:
  models-api model import models.json --dry-run
  models-api model import models.json --organization acme
  curl --fail --silent -H 'Authorization: Bearer …' https://api.example.com/v1/models | models-api model import -";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct ImportFile {
    /// The file to import, or `-` for standard input. It may be compressed with gzip.
    file: PathBuf,
    #[command(flatten)]
    owner: Owner,
    /// Skip invalid entries instead of refusing the whole list.
    #[arg(long)]
    skip_invalid: bool,
    /// Import one page of a list that has further pages.
    #[arg(long)]
    partial: bool,
    /// Print the models that the import would create, update and leave alone, and change nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl ImportFile {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let organization = find_owner(store, self.owner.organization.as_ref()).await?;
        let organization = organization.as_ref();
        let List {
            entries, invalid, ..
        } = self.list()?;
        let owner = organization.map_or_else(
            || "public".to_owned(),
            |organization| format!("`{}`", organization.slug),
        );
        if organization.is_none() {
            warn_of_fine_tuned(&entries);
        }
        let bar = progress_bar(entries.len(), output);
        let import = NewImport {
            entries,
            dry_run: self.dry_run,
        };
        let progress = progress(&bar);
        let report = models::import(&*store.models, organization, import, origin(), progress).await;
        bar.finish_and_clear();
        let result = Imported {
            report: report?,
            is_dry_run: self.dry_run,
            refused: invalid.count,
            owner,
        };
        output.object(&result.object(), || result.text())
    }

    /// Reads the list. Refuses a list with further pages, and one with invalid entries, unless an option allows it.
    fn list(&self) -> Result<List, Failure> {
        let name = shown(&self.file);
        let list = list_file::read(self.open()?).map_err(|error| format!("{name}: {error}"))?;
        if let Some(further_pages) = list.further_pages.as_ref().filter(|_| !self.partial) {
            return Err(format!(
                "{name}: nothing was imported, because the list has further pages: {further_pages}. Fetch the whole list (many \
                 servers take `?limit=1000` or `?pageSize=1000`), or import page after page, each with --partial; an \
                 import removes nothing"
            )
            .into());
        }
        if list.invalid.count > 0 && !self.skip_invalid {
            return Err(refusal(&name, &list.invalid).into());
        }
        if list.invalid.count > 0 && list.entries.is_empty() {
            return Err(none_is_valid(&name, &list.invalid).into());
        }
        for entry in &list.invalid.first {
            print_message(&format!("{name}: left out {entry}"));
        }
        if let Some(rest) = rest(&list.invalid, list.invalid.first.len()) {
            print_message(&format!("{name}: left out {rest}"));
        }
        for note in &list.notes {
            print_message(&format!("{name}: {note}"));
        }
        Ok(list)
    }

    fn open(&self) -> Result<Box<dyn Read>, Failure> {
        let file = self.file.to_string_lossy().to_ascii_lowercase();
        if file.starts_with("http://") || file.starts_with("https://") {
            return Err(
                "FILE is a URL, and this command does not fetch URLs; write: curl --fail --silent --show-error \
                 -H 'Authorization: Bearer …' URL | models-api model import -"
                    .into(),
            );
        }
        open_input(&self.file)
    }
}

/// The result of an import or of a dry run.
struct Imported {
    report: ImportReport,
    is_dry_run: bool,
    refused: usize,
    owner: String,
}

impl Imported {
    fn object(&self) -> ImportObject<'_> {
        let ImportReport {
            created,
            updated,
            unchanged,
            left_alone,
            turn,
        } = &self.report;
        ImportObject {
            created: created.len(),
            updated: updated.len(),
            unchanged: *unchanged,
            refused: self.refused,
            turn_ms: u64::try_from(turn.as_millis()).unwrap_or(u64::MAX),
            models: self.is_dry_run.then(|| Models {
                created,
                updated: updated.iter().map(UpdatedObject::from).collect(),
                unchanged: left_alone,
            }),
        }
    }

    fn text(&self) -> String {
        let ImportReport {
            created,
            updated,
            unchanged,
            left_alone,
            ..
        } = &self.report;
        let mut text = String::new();
        if self.is_dry_run {
            for id in created {
                let _ = writeln!(text, "create      {id}");
            }
            for UpdatedModel { id, fields } in updated {
                let fields = fields.names().collect::<Vec<_>>().join(", ");
                let _ = writeln!(text, "update      {id} ({fields})");
            }
            for id in left_alone {
                let _ = writeln!(text, "leave alone {id}");
            }
            text.push_str("Dry run, nothing changed: ");
        }
        let _ = write!(
            text,
            "{} created, {} updated, {unchanged} unchanged, {} refused ({})",
            created.len(),
            updated.len(),
            self.refused,
            self.owner
        );
        text
    }
}

/// The output in JSON.
#[derive(Serialize)]
struct ImportObject<'a> {
    created: usize,
    updated: usize,
    unchanged: usize,
    refused: usize,
    turn_ms: u64,
    /// Present in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Models<'a>>,
}

#[derive(Serialize)]
struct Models<'a> {
    created: &'a [ModelId],
    updated: Vec<UpdatedObject<'a>>,
    unchanged: &'a [ModelId],
}

#[derive(Serialize)]
struct UpdatedObject<'a> {
    id: &'a ModelId,
    fields: Vec<&'static str>,
}

impl<'a> From<&'a UpdatedModel> for UpdatedObject<'a> {
    fn from(UpdatedModel { id, fields }: &'a UpdatedModel) -> Self {
        let fields = fields.names().collect();
        Self { id, fields }
    }
}

/// Warns if the public models would include fine-tuned ones. A list from OpenAI holds both the public models and the
/// fine-tuned models of the key's organization.
fn warn_of_fine_tuned(entries: &[ImportEntry]) {
    let mut private = entries
        .iter()
        .filter(|entry| is_private_fine_tune(entry.id.as_str()));
    if let Some(ImportEntry { id: first, .. }) = private.next() {
        let count = 1 + private.count();
        print_message(&format!(
            "warning: {count} of these are fine-tuned models (such as `{first}`), and without --organization every organization sees them"
        ));
    }
}

/// Names only the first invalid entries: a list in an unknown form may have thousands.
fn refusal(name: &str, invalid: &InvalidEntries) -> String {
    let mut text =
        format!("{name}: nothing was imported; --skip-invalid leaves these entries out:");
    for entry in invalid.first.iter().take(NAMED) {
        let _ = write!(text, "\n  {entry}");
    }
    if let Some(rest) = rest(invalid, NAMED) {
        let _ = write!(text, "\n  {rest}");
    }
    text
}

fn none_is_valid(name: &str, invalid: &InvalidEntries) -> String {
    let count = invalid.count;
    let mut text =
        format!("{name}: nothing was imported, because none of the {count} entries is valid");
    if let Some(first) = invalid.first.first() {
        let _ = write!(text, "; {first}");
    }
    text
}

/// Says how many invalid entries the message does not name. Returns `None` if it names all.
fn rest(invalid: &InvalidEntries, named: usize) -> Option<String> {
    let rest = invalid.count.checked_sub(named).filter(|rest| *rest > 0)?;
    Some(format!("and {rest} more"))
}

/// A progress bar for large imports. It hides itself if standard error is not a terminal.
fn progress_bar(entries: usize, output: Output) -> ProgressBar {
    if output != Output::Text || entries < MANY {
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
