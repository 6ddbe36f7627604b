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

use super::whose::Whose;
use crate::cli::catalog::{find_owner, origin};
use crate::cli::list_file::{self, InvalidEntries, List};
use crate::cli::terminal::{Failure, Output, complain, open_input, shown};
use crate::store::Store;

/// From how many entries on an import shows its progress.
const MANY: usize = 1_000;

/// How many invalid entries a refusal names.
const NAMED: usize = 10;

const EXAMPLES: &str = "Examples:
  models-api model import models.json --dry-run
  models-api model import models.json --organization acme
  curl --fail --silent -H 'Authorization: Bearer …' https://api.example.com/v1/models | models-api model import -";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct ImportFile {
    /// The file, or `-` for standard input. It may be compressed with gzip.
    file: PathBuf,
    #[command(flatten)]
    whose: Whose,
    /// Leave out invalid entries, in place of refusing the whole list.
    #[arg(long)]
    skip_invalid: bool,
    /// Import one page of a list that has further pages.
    #[arg(long)]
    partial: bool,
    /// Show what would be created, updated and left alone, and change nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl ImportFile {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let organization = find_owner(store, self.whose.organization.as_ref()).await?;
        let organization = organization.as_ref();
        let List {
            entries, invalid, ..
        } = self.list()?;
        let whose = organization.map_or_else(
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
            whose,
        };
        output.object(&result.object(), || result.text())
    }

    /// The list, of which nothing speaks against importing it.
    fn list(&self) -> Result<List, Failure> {
        let name = shown(&self.file);
        let list = list_file::read(self.open()?).map_err(|error| format!("{name}: {error}"))?;
        if let Some(said) = list.further_pages.as_ref().filter(|_| !self.partial) {
            return Err(format!(
                "{name}: nothing was imported, because the list has further pages: {said}. Fetch the whole list (many \
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
            complain(&format!("{name}: left out {entry}"));
        }
        if let Some(rest) = rest(&list.invalid, list.invalid.first.len()) {
            complain(&format!("{name}: left out {rest}"));
        }
        for note in &list.notes {
            complain(&format!("{name}: {note}"));
        }
        Ok(list)
    }

    fn open(&self) -> Result<Box<dyn Read>, Failure> {
        let file = self.file.to_string_lossy().to_ascii_lowercase();
        if file.starts_with("http://") || file.starts_with("https://") {
            return Err(
                "FILE is a URL, which is not fetched here; write: curl --fail --silent --show-error \
                 -H 'Authorization: Bearer …' URL | models-api model import -"
                    .into(),
            );
        }
        open_input(&self.file)
    }
}

/// What an import did, or would do.
struct Imported {
    report: ImportReport,
    is_dry_run: bool,
    refused: usize,
    whose: String,
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
            self.whose
        );
        text
    }
}

/// The response in JSON.
#[derive(Serialize)]
struct ImportObject<'a> {
    created: usize,
    updated: usize,
    unchanged: usize,
    refused: usize,
    turn_ms: u64,
    /// Of a dry run.
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

/// Names the first invalid entries; a list of another form may have thousands.
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

/// How many invalid entries there are beyond those that were named.
fn rest(invalid: &InvalidEntries, named: usize) -> Option<String> {
    let rest = invalid.count.checked_sub(named).filter(|rest| *rest > 0)?;
    Some(format!("and {rest} more"))
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
