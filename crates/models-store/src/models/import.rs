//! Imports: thousands of changes that delay other changes only while they are written.
//!
//! All changes take turns at the row that holds the revision, so an import prepares its changes
//! before it takes the turn:
//!
//! 1. Stage: in batches, the import looks up the stored models of its entries and resolves each entry. It writes the
//!    state before, the state after and the text of the event to a temporary table. It takes no revision and holds no
//!    lock. The table belongs to the connection, so the database removes the rows of an import whose process dies.
//! 2. Compare: one statement compares the staged states before with the stored rows. The import stages rows again that
//!    another change has made stale.
//! 3. Write: one transaction takes the turn, compares the models that have changed meanwhile, and writes the difference,
//!    with one statement for the models and one for the events. Readers see all of it or nothing. A large import into
//!    PostgreSQL writes [ahead] of its turn.
//!
//! Only [`ImportEntry::resolve`](models_core::ImportEntry::resolve) interprets an entry, and
//! [`Plan`](models_core::Plan) holds the step of each. SQL compares and copies.

mod ahead;
mod connection;
mod ranks;
pub(crate) mod settings;
mod staged_row;
mod staging;
mod statements;
mod tables;

use std::time::{Duration, Instant};

use models_core::{Import, ImportReport, Origin, Progress, RepositoryError};

use self::connection::ImportConnection;
use self::ranks::Numbering;
use self::staging::{MOST_STALE, Staging};
use crate::catalog::{Backend, SqlStore};

/// The attempts of an import. The earlier ones give the turn back if too many rows are stale; the
/// last one stages them within the turn, however long that takes.
const ATTEMPTS: usize = 5;

/// The attempts in which a large import writes ahead of its turn. After them it takes the turn
/// first.
const ATTEMPTS_AHEAD: usize = 3;

/// Imports the entries; a dry run only reports.
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
            let is_large = staging.all().up_to > ahead::HELD_BACK;
            let is_applied = match DB::AHEAD.filter(|_| is_large && attempt <= ATTEMPTS_AHEAD) {
                Some(how) => ahead::apply(&mut staging, &how, origin, &mut held).await?,
                None => apply(&mut staging, origin, attempt == ATTEMPTS, &mut held).await?,
            };
            if is_applied {
                break;
            }
        }
    }
    let plan = staging.take_plan();
    staging.connection.close().await;
    let is_dry_run = import.dry_run;
    let report = plan.report(import, held);
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

/// Takes the turn, writes the staged changes and commits. Adds the time of the turn to `held`.
///
/// Returns false, with nothing changed, if so many rows are stale that other changes would wait too
/// long.
async fn apply<DB: Backend>(
    staging: &mut Staging<'_, DB>,
    origin: &Origin,
    is_last: bool,
    held: &mut Duration,
) -> Result<bool, RepositoryError> {
    let turn = staging.connection.take_turn().await?;
    let began = Instant::now();
    let mut stale = staging.find_stale().await?;
    let is_applied = stale.len() < MOST_STALE || is_last;
    if is_applied {
        while !stale.is_empty() {
            staging.stage_again(&stale).await?;
            stale = staging.find_stale().await?;
        }
        staging.arrange().await?;
    }
    if is_applied && staging.changes() > 0 {
        staging.write_models(staging.all()).await?;
        let numbering = Numbering {
            before: turn.revision_before(),
            passed: 0,
        };
        staging.record(staging.all(), &numbering, origin).await?;
        staging.commit(turn).await?;
    } else {
        staging.connection.roll_back().await?;
    }
    *held += began.elapsed();
    Ok(is_applied)
}
