//! Writes of an import ahead of its turn, on a database where other transactions can write
//! meanwhile.
//!
//! PostgreSQL takes seconds to write a large import. Readers do not see the rows before the commit,
//! so the import writes them first and takes the turn last. Two rules make that safe:
//!
//! - The holder of the turn never waits for an import that waits for the turn. After each piece the import checks whether
//!   another transaction waits for it, and its own waits for locks are short. In either case it gives way: it rolls back
//!   and begins again. One import writes ahead at a time.
//! - Revisions have no gaps, although other changes take revisions while the import writes. The import holds back its first
//!   [`HELD_BACK`] events. The later events get the revisions that are right if no other change commits. When the import
//!   has the turn, it counts the revisions that other changes have taken. As many of the events that it held back come
//!   last; the others fill the gap.

use std::time::{Duration, Instant};

use models_core::{Origin, RepositoryError};
use tokio::time::sleep;

use super::connection::Turn;
use super::ranks::{Numbering, Span};
use super::settings::Ahead;
use super::staging::Staging;
use crate::catalog::Backend;
use crate::database::gives_way;

/// The number of events that an import writes while it holds the turn. An import with fewer changes
/// takes the turn first.
pub(super) const HELD_BACK: i64 = 1_000;

/// The rows that an import writes between two checks for waiting transactions.
const PIECE: i64 = 4_096;

/// The attempts to take the turn, and the pause between two of them. After the last one the import
/// gives way.
const TURN_ATTEMPTS: usize = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// Writes the staged changes and commits. Adds the time of the turn to `held`.
///
/// Returns false, with nothing changed, if the import gave way or must compare again.
pub(super) async fn apply<DB: Backend>(
    staging: &mut Staging<'_, DB>,
    ahead: &Ahead,
    origin: &Origin,
    held: &mut Duration,
) -> Result<bool, RepositoryError> {
    let turn = match write(staging, ahead, origin).await {
        Err(error) if gives_way(&error) => None,
        written => written?,
    };
    let Some((numbering, turn)) = turn else {
        staging.connection.roll_back().await?;
        return Ok(false);
    };
    let began = Instant::now();
    let finished = match finish(staging, numbering, &turn, origin).await {
        Err(error) if gives_way(&error) => Ok(false),
        finished => finished,
    };
    let is_applied = finished?;
    if is_applied {
        staging.commit(turn).await?;
    } else {
        staging.connection.roll_back().await?;
    }
    *held += began.elapsed();
    Ok(is_applied)
}

/// Writes the events that were held back. False if too many revisions have passed, or if a staged
/// model has changed.
async fn finish<DB: Backend>(
    staging: &mut Staging<'_, DB>,
    mut numbering: Numbering,
    turn: &Turn,
    origin: &Origin,
) -> Result<bool, RepositoryError> {
    let before = turn.revision_before();
    numbering.passed = before.0 - numbering.before.0;
    if numbering.passed > HELD_BACK || staging.is_changed(before).await? {
        return Ok(false);
    }
    let held_back = first(staging.all());
    staging.record(held_back, &numbering, origin).await?;
    Ok(true)
}

/// Writes everything except the events that are held back, and takes the turn. `None` if the import
/// must give way.
async fn write<DB: Backend>(
    staging: &mut Staging<'_, DB>,
    ahead: &Ahead,
    origin: &Origin,
) -> Result<Option<(Numbering, Turn)>, RepositoryError> {
    staging.connection.begin_ahead(ahead).await?;
    for rows in staging.all().pieces(PIECE) {
        staging.write_models(rows).await?;
        if staging.connection.is_waited_for(ahead).await? {
            return Ok(None);
        }
    }
    let numbering = Numbering {
        before: staging.connection.newest_revision().await?,
        passed: 0,
    };
    for ranks in rest(staging.all()).pieces(PIECE) {
        staging.record(ranks, &numbering, origin).await?;
        if staging.connection.is_waited_for(ahead).await? {
            return Ok(None);
        }
    }
    for _ in 0..TURN_ATTEMPTS {
        if staging.connection.is_waited_for(ahead).await? {
            return Ok(None);
        }
        if let Some(turn) = staging.connection.take_free_turn(ahead).await? {
            return Ok(Some((numbering, turn)));
        }
        sleep(PAUSE).await;
    }
    Ok(None)
}

/// The changes whose events are held back until the import has the turn.
fn first(all: Span) -> Span {
    Span {
        up_to: all.up_to.min(HELD_BACK),
        ..all
    }
}

/// The changes whose events are written before the turn.
fn rest(all: Span) -> Span {
    Span {
        after: first(all).up_to,
        ..all
    }
}
