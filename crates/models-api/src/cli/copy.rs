//! `copy`: moves a catalog from SQLite to PostgreSQL.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use models_store::{Copied, CopyStep, Encryption, copy, undo_copy};
use serde_json::json;
use tracing::level_filters::LevelFilter;

use super::terminal::notices::UNENCRYPTED;
use super::terminal::{Failure, Output, print_message};
use crate::server::logging;
use crate::settings::{COPY_TO, DatabaseUrl, Settings};

const EXAMPLES: &str = "Examples:
  models-api copy --to-file target-url    # the file holds postgres://models:PASSWORD@db.internal:5432/models
  MODELS_COPY_TO=postgres://models:secret@db.internal:5432/models models-api copy
  models-api copy --to postgres://models@db.internal:5432/models
  models-api copy --undo

Never give a password as an argument: other users and the shell's history can read it there.";

const AFTER: &str = "The file is marked as moved: the service and all commands refuse it from now on. Set `database.url` to \
    the new database, and start the service.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
#[group(multiple = false)]
pub(super) struct Command {
    /// The URL of the PostgreSQL database, without a password.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The file with the URL. Without --to and --to-file, the variable `MODELS_COPY_TO` holds the URL.
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    /// Use the SQLite database again, which lacks all changes since the copy.
    #[arg(long)]
    undo: bool,
}

impl Command {
    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        let mut settings = Settings::load()?;
        settings.log.level = LevelFilter::ERROR;
        logging::start(&settings.log);
        let from = settings.database.url.expose();
        if self.undo {
            return undo(from, output).await;
        }
        let to = self.target()?;
        let start = Instant::now();
        let is_watched = io::stderr().is_terminal();
        let report = |step: CopyStep<'_>| {
            if is_watched {
                print_message(&step_text(&step));
            }
        };
        let copied = copy(from, to.expose(), settings.options(true), report).await?;
        if copied.encryption == Encryption::None {
            print_message(&format!("note: {UNENCRYPTED}"));
        }
        show(&copied, start.elapsed().as_secs_f64(), output)
    }

    fn target(self) -> Result<DatabaseUrl, Failure> {
        if let Some(url) = self.to {
            return Ok(DatabaseUrl::from_argument(url)?);
        }
        if let Some(path) = self.to_file {
            return Ok(DatabaseUrl::from_file(&path)?);
        }
        let missing = || {
            format!(
                "name the PostgreSQL database: --to URL, --to-file FILE, or the variable {COPY_TO}"
            )
        };
        Ok(DatabaseUrl::from_variable()?.ok_or_else(missing)?)
    }
}

fn step_text(step: &CopyStep<'_>) -> String {
    match step {
        CopyStep::WatchNodes(nodes, at_most) => format!(
            "Watching for at most {} s whether these nodes still run: {}",
            at_most.as_secs_f64().ceil(),
            nodes.join(", ")
        ),
        CopyStep::Copy(table) => format!("Copying {table}"),
        CopyStep::Verify(table) => format!("Comparing {table}"),
    }
}

fn show(copied: &Copied, seconds: f64, output: Output) -> Result<(), Failure> {
    let Copied {
        from, to, tables, ..
    } = copied;
    let rows: u64 = tables.iter().map(|table| table.rows).sum();
    let named: Vec<_> = tables
        .iter()
        .map(|table| json!({"name": table.name, "rows": table.rows}))
        .collect();
    // Three decimals.
    let rounded = (seconds * 1e3).round() / 1e3;
    let object = json!({"from": from, "to": to, "rows": rows, "seconds": rounded, "tables": named});
    output.object(&object, || {
        let mut text =
            format!("Copied {from} to {to} and compared {rows} rows in {seconds:.1} s:\n");
        for table in tables {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:>10}  {}", table.rows, table.name);
        }
        text.push_str(AFTER);
        text
    })
}

async fn undo(from: &str, output: Output) -> Result<(), Failure> {
    let (file, moved_to) = undo_copy(from).await?;
    output.object(&json!({"file": file, "moved_to": moved_to}), || {
        format!(
            "The database {file} can be used again. It lacks all changes since the copy to {moved_to}; do not use both."
        )
    })
}
