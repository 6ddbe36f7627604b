//! `audit list|tail|prune`.

mod filter;
mod show;
mod tail;

use std::num::NonZeroU32;

use clap::{Args, Subcommand};
use models_core::Timestamp;
use models_node::AuditIds;
use serde_json::json;

use self::filter::Filter;
use self::show::{EntryObject, HEADER, row};
use crate::cli::catalog::origin;
use crate::cli::terminal::{Failure, Output};
use crate::cli::time;
use crate::store::Store;

#[derive(Subcommand)]
pub(in crate::cli) enum Command {
    /// List the newest changes, with the actor, the values before and after, and the circumstances of each. The newest comes
    /// first.
    List(List),
    /// Print the last changes, the newest last, and with --follow each change as it happens.
    Tail(tail::Tail),
    /// Remove the beginning of the log: the changes before a time. The last hour stays, and so does what a node has not read.
    Prune(Prune),
}

const LIST_EXAMPLES: &str = "Examples:
  models-api audit list --organization acme --type api_key.created --type api_key.deleted
  models-api audit list --actor key_abc --since 2026-11-01 --json
  models-api audit list --project proj_abc --until 2026-11-26T12:00:00Z --limit 20";

#[derive(Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    filter: Filter,
    /// List at most this many.
    #[arg(long, value_name = "NUMBER", default_value = "100")]
    limit: NonZeroU32,
}

const PRUNE_EXAMPLES: &str = "Examples:
  models-api audit prune --before 2026-01-01
  models-api audit prune --before 2026-11-26T12:00:00Z --reason 'kept for a year'";

#[derive(Args)]
#[command(after_help = PRUNE_EXAMPLES)]
pub(in crate::cli) struct Prune {
    /// The time: a date in UTC, or a date with a time and an offset.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    before: Timestamp,
}

impl Command {
    /// Whether the command may change the catalog.
    pub(in crate::cli) fn changes(&self) -> bool {
        match self {
            Self::Prune(_) => true,
            Self::List(_) | Self::Tail(_) => false,
        }
    }
}

pub(in crate::cli) async fn run(
    command: Command,
    store: &Store,
    output: Output,
) -> Result<(), Failure> {
    match command {
        Command::List(list) => list.run(store, output).await,
        Command::Tail(tail) => tail.run(store, output).await,
        Command::Prune(prune) => prune.run(store, output).await,
    }
}

impl List {
    async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let ids = AuditIds::new(store.events.token_secret().await?);
        let mut query = self.filter.query(store, self.limit).await?;
        let mut entries = vec![];
        loop {
            let missing = self.limit.get() - u32::try_from(entries.len())?;
            query.limit =
                NonZeroU32::new(missing).map_or(filter::PAGE, |limit| limit.min(filter::PAGE));
            let page = store.audit.list(query.clone()).await?;
            entries.extend(page.items);
            query.older_than = page.next;
            if page.next.is_none() || entries.len() >= usize::try_from(self.limit.get())? {
                break;
            }
        }
        output.list_as(
            HEADER,
            &entries,
            |entry| EntryObject::new(&ids, entry.clone()),
            row,
        )
    }
}

impl Prune {
    async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let Self { before } = self;
        let removed = store.audit.prune(before, origin()).await?;
        output.object(
            &json!({"removed": removed, "before": before.seconds()}),
            || {
                if removed == 0 {
                    format!("No change at the beginning of the log can be removed before {before}.")
                } else {
                    format!("Removed {removed} changes before {before}.")
                }
            },
        )
    }
}
