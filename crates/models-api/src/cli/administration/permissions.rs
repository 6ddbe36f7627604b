//! `permissions show|set|clear|test`.

mod preview;
mod source;
mod target;

use std::sync::Arc;

use clap::{Args, Subcommand};
use models_core::{ModelId, Policy, PolicyMode};
use serde_json::{Value, json};

use self::preview::Preview;
use self::source::PolicySource;
use self::target::{Subject, Target};
use crate::cli::terminal::{Failure, Output, print, print_message};
use crate::store::Store;

/// A note names at most this many entries.
const NAMED: usize = 5;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// Show a policy.
    #[command(
        after_help = "Examples:\n  models-api permissions show --project proj_abc\n  models-api permissions show --organization acme\n  models-api permissions show --organization acme --new-projects --json"
    )]
    Show(Target),
    /// Replace a policy.
    ///
    /// An allow list allows the listed models and no others, and a deny list all others. An entry with `*` is a pattern,
    /// in which `*` stands for any text.
    #[command(
        after_help = "Examples:\n  models-api permissions set --project proj_abc --mode allow_list gpt-4o 'ft:*'\n  models-api permissions set --organization acme --mode deny_list --file denied-ids\n  models-api permissions set --organization acme --new-projects --file policy.json"
    )]
    Set(Change),
    /// Remove a policy, so that it restricts nothing.
    #[command(after_help = "Example:\n  models-api permissions clear --project proj_abc")]
    Clear(Target),
    /// Print what a policy would show and hide of the present models, and change nothing.
    #[command(
        after_help = "Examples:\n  models-api permissions test --project proj_abc --file policy.json\n  models-api permissions test --organization acme --mode deny_list 'o1*'"
    )]
    Test(Change),
}

/// A policy and where it would apply.
#[derive(Args)]
pub(in crate::cli) struct Change {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    source: PolicySource,
}

impl Command {
    /// Whether the command may change the catalog.
    pub(in crate::cli) fn changes(&self) -> bool {
        match self {
            Self::Set(_) | Self::Clear(_) => true,
            Self::Show(_) | Self::Test(_) => false,
        }
    }
}

pub(in crate::cli) async fn run(
    command: Command,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    match command {
        Command::Show(target) => show(&target, store, output).await,
        Command::Set(change) => set(&change, store, output).await,
        Command::Clear(target) => clear(&target, store, output).await,
        Command::Test(change) => test(&change, store, output).await,
    }
}

async fn show(target: &Target, store: &Store, output: Output) -> Result<(), Failure> {
    let subject = target.find(store).await?;
    let policy = subject.policy(store).await?;
    let policy = policy.as_deref();
    if output == Output::Values {
        return print_lines(policy.into_iter().flat_map(Policy::entries));
    }
    output.object(&object(policy), || {
        let summary = summary(&subject, policy);
        let entries = policy.into_iter().flat_map(Policy::entries);
        let lines = entries.map(|entry| format!("\n  {entry}"));
        summary + &lines.collect::<String>()
    })
}

async fn set(
    Change { target, source }: &Change,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let subject = target.find(store).await?;
    let policy = Arc::new(source.read()?);
    subject.set_policy(Some(policy.clone()), store).await?;
    let preview = Preview::read(&subject, policy.clone(), store).await?;
    note_unused(&preview);
    output.object(&object(Some(&policy)), || summary(&subject, Some(&policy)))
}

async fn clear(target: &Target, store: &Store, output: Output) -> Result<(), Failure> {
    let subject = target.find(store).await?;
    subject.set_policy(None, store).await?;
    output.object(&object(None), || summary(&subject, None))
}

async fn test(
    Change { target, source }: &Change,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    let subject = target.find(store).await?;
    let policy = Arc::new(source.read()?);
    let preview = Preview::read(&subject, policy, store).await?;
    note_unused(&preview);
    if output == Output::Values {
        return print_lines(preview.shown.iter().map(ModelId::as_str));
    }
    output.object(&preview, || preview.text())
}

/// Prints lines. Prints nothing if there are none.
fn print_lines<'l>(lines: impl Iterator<Item = &'l str>) -> Result<(), Failure> {
    let lines: Vec<&str> = lines.collect();
    if lines.is_empty() {
        return Ok(());
    }
    print(&lines.join("\n"))
}

/// A policy in JSON, in the form that `--file` accepts.
fn object(policy: Option<&Policy>) -> Value {
    policy.map_or_else(
        || json!({"mode": null, "model_ids": []}),
        |policy| json!(policy),
    )
}

fn summary(subject: &Subject, policy: Option<&Policy>) -> String {
    let Some(policy) = policy else {
        return format!("The policy of {subject} is not set: it allows all models.");
    };
    let list = match policy.mode() {
        PolicyMode::AllowList => "an allow list",
        PolicyMode::DenyList => "a deny list",
    };
    let count = policy.entries().len();
    let entries = if count == 1 { "entry" } else { "entries" };
    format!("The policy of {subject} is {list} of {count} {entries}.")
}

/// Names entries that apply to no present model. They are not errors: an entry applies to a model that comes later, too.
fn note_unused(preview: &Preview) {
    let count = preview.unused.len();
    if count == 0 {
        return;
    }
    let mut entries = preview.unused[..count.min(NAMED)].join(", ");
    if count > NAMED {
        entries.push_str(", …");
    }
    let which = if count == 1 {
        "1 entry applies"
    } else {
        &format!("{count} entries apply")
    };
    print_message(&format!("note: {which} to no present model: {entries}"));
}
