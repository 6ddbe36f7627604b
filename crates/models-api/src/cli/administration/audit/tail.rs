//! `audit tail`.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;
use models_core::{AuditEntry, AuditQuery, Order, RepositoryError};
use models_node::AuditIds;

use super::filter::{Filter, PAGE};
use super::show::{EntryObject, row};
use crate::cli::terminal::{Failure, Output, print_message, print_once};
use crate::store::Store;

/// The pause between two reads of the log.
const PAUSE: Duration = Duration::from_secs(1);

/// The pause before another try, when the database is away.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "Examples:
  models-api audit tail --limit 5
  models-api audit tail --follow --organization acme --json";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Tail {
    #[command(flatten)]
    filter: Filter,
    /// Begin with at most this many.
    #[arg(long, value_name = "NUMBER", default_value = "10")]
    limit: NonZeroU32,
    /// Go on, and print each change within a second.
    #[arg(long)]
    follow: bool,
}

impl Tail {
    pub(super) async fn run(self, store: &Store, output: Output) -> Result<(), Failure> {
        let ids = AuditIds::new(store.events.token_secret().await?);
        // Changes after this revision come later than the first page, so none is printed twice or left out.
        let end = store.events.revision().await?;
        let query = self.filter.query(store, self.limit.min(PAGE)).await?;
        let first = AuditQuery {
            older_than: Some(end.next()),
            ..query.clone()
        };
        let newest = store.audit.list(first).await?;
        for entry in newest.items.into_iter().rev() {
            print_line(&ids, entry, output)?;
        }
        if self.follow {
            follow(
                &ids,
                store,
                output,
                AuditQuery {
                    newer_than: Some(end),
                    ..query
                },
            )
            .await
        } else {
            Ok(())
        }
    }
}

/// Prints the entries of the query as they happen, without end.
async fn follow(
    ids: &AuditIds,
    store: &Store,
    output: Output,
    query: AuditQuery,
) -> Result<(), Failure> {
    let mut next = AuditQuery {
        order: Order::Ascending,
        limit: PAGE,
        ..query
    };
    loop {
        let page = match store.audit.list(next.clone()).await {
            Ok(page) => page,
            Err(error @ RepositoryError::Unavailable(_)) => {
                print_message(&format!("{error}; the command tries again"));
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(last) = page.items.last() {
            next.newer_than = Some(last.revision);
        }
        for entry in page.items {
            print_line(ids, entry, output)?;
        }
        if page.next.is_none() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Prints an entry on a line of its own. Fails if the output is closed, so that `--follow` ends.
fn print_line(ids: &AuditIds, entry: AuditEntry, output: Output) -> Result<(), Failure> {
    match output {
        Output::Text => print_once(&row(&entry).join("  ")),
        Output::Json => print_once(&serde_json::to_string(&EntryObject::new(ids, entry))?),
        Output::Values => print_once(&ids.id(entry.organization_id.as_ref(), entry.revision)),
    }
}
