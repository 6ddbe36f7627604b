//! Imports: thousands of changes that keep other changes waiting only while they are written.
//!
//! All changes take turns at the row that holds the revision, so an import prepares everything before
//! it takes the turn:
//!
//! 1. It looks up the present models of its entries, resolves each entry, and writes the state before,
//!    the state after and the text of the event to a temporary table, in batches. It takes no
//!    revision and holds no lock. The table exists for this connection only, so the database itself
//!    removes the rows of an import that dies.
//! 2. One statement compares the staged states before with the present rows. Rows that another change
//!    has made stale are staged again.
//! 3. One transaction takes the turn, compares again, and writes the difference with a statement for
//!    each kind of change and one for the events. Readers see all of it or nothing.
//!
//! [`ImportEntry::resolve`](models_core::ImportEntry::resolve) is the only place that knows what an
//! entry means. SQL compares and copies.

mod connection;
mod outcome;
mod staging;
mod statements;

use std::time::{Duration, Instant};

use models_core::{Import, ImportReport, Origin, Progress, RepositoryError, UpdatedModel};

pub(crate) use self::connection::ImportSettings;
use self::connection::{ImportConnection, Turn};
use self::outcome::Outcome;
use self::staging::{MOST_STALE, Staging};
use crate::sql::{Backend, SqlStore};

/// How often an import gives the turn back because too much has changed since it compared. After
/// that it stages within the turn, however long that takes.
const ATTEMPTS: usize = 5;

/// Imports the entries, or reports what that would change.
pub(super) async fn import<DB: Backend>(
    store: &SqlStore<DB>,
    import: Import,
    origin: &Origin,
    progress: &Progress,
) -> Result<ImportReport, RepositoryError> {
    let connection = ImportConnection::open(store).await?;
    let mut staging = Staging::begin(connection, &import, origin).await?;
    staging.stage_all(progress).await?;
    let mut held = Duration::ZERO;
    if import.dry_run {
        while staging.refresh().await? {}
    } else {
        for attempt in 1.. {
            let is_fresh = !staging.refresh().await?;
            if is_fresh && staging.changes() == 0 {
                break;
            }
            staging.arrange().await?;
            let turn = staging.connection.take_turn().await?;
            let began = Instant::now();
            let is_applied = apply(&mut staging, turn, origin, attempt == ATTEMPTS).await?;
            held += began.elapsed();
            if is_applied {
                break;
            }
        }
    }
    let outcomes = staging.take_outcomes();
    staging.connection.close().await;
    let is_dry_run = import.dry_run;
    let report = report(import, &outcomes, held);
    if !is_dry_run {
        tracing::info!(
            created = report.created.len(),
            updated = report.updated.len(),
            unchanged = report.unchanged,
            turn_ms = u64::try_from(held.as_millis()).unwrap_or(u64::MAX),
            "imported models"
        );
    }
    Ok(report)
}

/// Writes what is staged, unless so much of it is stale that others would wait too long. Ends the
/// transaction.
async fn apply<DB: Backend>(
    staging: &mut Staging<'_, DB>,
    turn: Turn,
    origin: &Origin,
    is_last: bool,
) -> Result<bool, RepositoryError> {
    let mut stale = staging.find_stale().await?;
    if stale.len() == MOST_STALE && !is_last {
        staging.connection.roll_back().await?;
        return Ok(false);
    }
    while !stale.is_empty() {
        staging.stage_again(&stale).await?;
        stale = staging.find_stale().await?;
    }
    if staging.changes() == 0 {
        staging.connection.roll_back().await?;
        return Ok(true);
    }
    let last = staging.write(turn.revision_before(), origin).await?;
    // Last of all: it locks the nodes' rows, and no node can renew its lease meanwhile.
    let level = staging.level();
    staging.connection.raise_level(&turn, level).await?;
    staging.connection.commit(turn, last).await?;
    Ok(true)
}

/// The ids are moved: an import can have millions of entries.
fn report(import: Import, outcomes: &[Outcome], turn: Duration) -> ImportReport {
    let mut report = ImportReport {
        turn,
        ..ImportReport::default()
    };
    for (entry, outcome) in import.entries.into_iter().zip(outcomes) {
        let id = entry.id.into_inner();
        match outcome {
            Outcome::Created => report.created.push(id),
            Outcome::Updated(fields) => report.updated.push(UpdatedModel {
                id,
                fields: *fields,
            }),
            Outcome::Unchanged => {
                report.unchanged += 1;
                if import.dry_run {
                    report.left_alone.push(id);
                }
            }
        }
    }
    report
}
