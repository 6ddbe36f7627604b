//! Copies a whole catalog from SQLite to PostgreSQL, and marks the source as moved.
//!
//! The source is locked against writes from the first row to the end, and one transaction fills the
//! target. The order of the ends makes sure that no two databases ever serve the same catalog:
//!
//! 1. The copy is verified, and the nodes' rows are read.
//! 2. The source's transaction commits the mark. From then on no program opens the source, and a
//!    node that was registered before it reads a level that it does not support. The source is
//!    locked again, so that nobody removes the mark before step 4.
//! 3. The nodes' rows are read again. A node registers before it reads what it will serve, so a
//!    node without a row by now finds the mark.
//! 4. The target's transaction commits.
//!
//! A process that is killed before step 2 leaves both databases as they were. Killed between the
//! steps 2 and 4, it leaves an empty target and a marked source, which [`undo_copy`] releases.

mod error;
mod mark;
mod running;
mod schema;
mod source;
mod target;
mod text_form;

use std::time::Duration;

use sqlx::Sqlite;

pub use self::error::CopyError;
pub use self::mark::undo_copy;

use self::source::{Moved, Source};
use self::target::Target;
use crate::catalog::Database;
use crate::opening::{DatabaseKind, Encryption, Options, connect_to_file};

/// A finished copy.
#[derive(Debug)]
pub struct Copied {
    /// The file of the source.
    pub from: String,
    /// The server and the database of the target, without the password.
    pub to: String,
    /// The encryption of the connection to the target.
    pub encryption: Encryption,
    /// The tables in the order in which they were copied.
    pub tables: Vec<CopiedTable>,
}

/// A copied table.
#[derive(Debug)]
pub struct CopiedTable {
    /// The table's name.
    pub name: String,
    /// The number of its rows.
    pub rows: u64,
}

/// What a copy does at the moment.
#[derive(Debug)]
pub enum CopyStep<'a> {
    /// It watches for at most this time whether these nodes still run.
    WatchNodes(&'a [String], Duration),
    /// It copies this table.
    Copy(&'a str),
    /// It compares this table on both sides.
    Verify(&'a str),
}

/// Copies the SQLite catalog at the URL `from` to the PostgreSQL database at the URL `to`, with all
/// keys and the event log, and verifies the copy. The target must be empty, and no node may run on
/// the source. On success the source is marked as moved, and `open` refuses it from then on.
/// `report` is called at each step.
pub async fn copy(
    from: &str,
    to: &str,
    options: Options,
    report: impl Fn(CopyStep<'_>) + Send + Sync,
) -> Result<Copied, CopyError> {
    if DatabaseKind::of(from).map_err(CopyError::Source)? != DatabaseKind::Sqlite {
        return Err(CopyError::SourceIsServer);
    }
    if DatabaseKind::of(to).map_err(CopyError::Target)? != DatabaseKind::Postgres {
        return Err(CopyError::TargetIsFile);
    }
    let existing = Options {
        create: false,
        ..options
    };
    let (database, location, _) = connect_to_file(from, existing)
        .await
        .map_err(CopyError::Source)?;
    let copied = copy_from(&database, location, to, options, &report).await;
    database.close().await;
    copied
}

async fn copy_from(
    database: &Database<Sqlite>,
    from: String,
    to: &str,
    options: Options,
    report: &(impl Fn(CopyStep<'_>) + Send + Sync),
) -> Result<Copied, CopyError> {
    let mut target = Target::connect(to, options).await?;
    let lease = running::expect_none(database, report).await?;
    let mut source = Source::lock(database, &from).await?;
    let (to, encryption) = (target.location.clone(), target.encryption);
    let filled = fill(&mut source, &mut target, report).await;
    let tables = match filled {
        Ok(tables) => tables,
        Err(error) => {
            target.roll_back().await;
            return Err(error);
        }
    };
    match end(database, lease, source, target).await {
        Ok(()) => {}
        // The mark stays: nobody knows whether the target has the catalog.
        Err(error @ CopyError::InDoubt { .. }) => return Err(error),
        Err(error) => {
            return Err(match mark::remove(&from).await {
                Ok(_) => error,
                Err(mark) => CopyError::StillMarked {
                    error: Box::new(error),
                    mark: Box::new(mark),
                },
            });
        }
    }
    Ok(Copied {
        from,
        to,
        encryption,
        tables,
    })
}

/// Commits the mark, and then the target.
async fn end(
    database: &Database<Sqlite>,
    lease: Duration,
    source: Source,
    target: Target,
) -> Result<(), CopyError> {
    let moved = match mark(database, lease, source, &target.location).await {
        Ok(moved) => moved,
        Err(error) => {
            target.roll_back().await;
            return Err(error);
        }
    };
    // A node that has registered meanwhile may have read the source before the mark.
    let ended = match running::expect_no_row(database, lease).await {
        Ok(()) => target.commit().await,
        Err(error) => {
            target.roll_back().await;
            Err(error)
        }
    };
    moved.unlock().await;
    ended
}

/// Marks the source, unless a node has registered during the copy: such a node would lose its
/// catalog for nothing.
async fn mark(
    database: &Database<Sqlite>,
    lease: Duration,
    source: Source,
    to: &str,
) -> Result<Moved, CopyError> {
    running::expect_no_row(database, lease).await?;
    source.commit_as_moved(to).await
}

/// Copies and compares all tables. Both transactions stay open.
async fn fill(
    source: &mut Source,
    target: &mut Target,
    report: &(impl Fn(CopyStep<'_>) + Send + Sync),
) -> Result<Vec<CopiedTable>, CopyError> {
    let tables = source.tables().await?;
    target.lock_empty(&tables).await?;
    let mut copied = vec![];
    let mut digests = vec![];
    for table in &tables {
        report(CopyStep::Copy(&table.name));
        let (rows, digest) = target.copy_in(table, source).await?;
        copied.push(CopiedTable {
            name: table.name.clone(),
            rows,
        });
        digests.push(digest);
    }
    for ((table, copied), digest) in tables.iter().zip(&copied).zip(&digests) {
        report(CopyStep::Verify(&table.name));
        if target.digest(table).await? != (copied.rows, *digest) {
            return Err(CopyError::Differs(table.name.clone()));
        }
    }
    target.finish(&tables, source.level().await?).await?;
    Ok(copied)
}
