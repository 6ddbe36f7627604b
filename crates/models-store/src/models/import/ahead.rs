//! Writing ahead of the turn, where other transactions can write meanwhile.
//!
//! PostgreSQL takes seconds to write a large import. Nobody sees the rows before the commit, so an import writes them first,
//! and takes the turn last. Two rules make that safe:
//!
//! - Whoever holds the turn never waits for an import that waits for the turn. After each piece, the import asks whether another
//!   transaction waits for it, and it waits only briefly for any lock. In either case it gives way: it rolls back, and begins
//!   again. One import writes ahead at a time.
//! - Revisions have no gaps, although other changes take theirs while the import writes. The import holds back its first
//!   [`HELD_BACK`] events. Those after them get the revisions that they have if nothing else is committed. With the turn, it
//!   is known how many revisions have passed. As many of the events that were held back come last; the others fill the gap.

use std::time::{Duration, Instant};

use models_core::{Origin, RepositoryError};
use tokio::time::sleep;

use super::connection::Turn;
use super::ranks::{Numbering, Span};
use super::settings::Ahead;
use super::staging::Staging;
use crate::catalog::Backend;
use crate::database::gives_way;

/// How many events are written with the turn. An import of fewer changes takes the turn first.
pub(super) const HELD_BACK: i64 = 1_000;

/// How many rows are written between two looks at who waits.
const PIECE: i64 = 4_096;

/// How often an import looks whether the turn is free, and the pause between two looks. After that it gives way.
const LOOKS: usize = 400;
const PAUSE: Duration = Duration::from_millis(5);

/// Writes what is staged and commits it. False if the import gave way, or has to compare again: then nothing has changed.
/// Adds to `held` for how long it held the turn.
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

/// Writes the events that were held back. False if too many revisions have passed, or a staged model has changed.
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

/// Writes all but the events that are held back, and takes the turn. `None` if the import has to give way.
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
    for _ in 0..LOOKS {
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

/// The changes whose events are written with the turn.
fn first(all: Span) -> Span {
    Span {
        up_to: all.up_to.min(HELD_BACK),
        ..all
    }
}

/// The changes whose events are written before.
fn rest(all: Span) -> Span {
    Span {
        after: first(all).up_to,
        ..all
    }
}
