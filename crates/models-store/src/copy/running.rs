//! The check that no node runs on the source.

use std::collections::HashMap;
use std::time::Duration;

use models_core::{CLOCK_MARGIN, NodeRepository, NodeRow, RepositoryError};
use sqlx::Sqlite;
use tokio::time::sleep;

use super::CopyStep;
use super::error::CopyError;
use crate::catalog::Database;
use crate::database::since_boot;

/// The pause between two reads of the rows.
const PAUSE: Duration = Duration::from_millis(250);

/// Fails if a node runs. A node that was killed leaves its row, so each row is watched for its
/// lease: a row that is not renewed belongs to no running node, and is removed. Returns the longest
/// lease that a node may hold.
pub(super) async fn expect_none(
    database: &Database<Sqlite>,
    report: &(impl Fn(CopyStep<'_>) + Send + Sync),
) -> Result<Duration, CopyError> {
    let state = database.catalog().await.map_err(CopyError::Nodes)?;
    let longest = database.longest_lease(state.leases).await;
    let longest = longest.map_err(CopyError::Nodes)?;
    let start = since_boot();
    let mut first_seen: Option<(Duration, HashMap<String, i64>)> = None;
    loop {
        let rows = match database.list_complete(longest).await {
            Ok(rows) => rows,
            // A new nodes file counts after a lease.
            Err(RepositoryError::Unavailable(_))
                if since_boot() <= start + longest + CLOCK_MARGIN * 4 =>
            {
                sleep(PAUSE).await;
                continue;
            }
            Err(error) => return Err(CopyError::Nodes(error)),
        };
        if rows.is_empty() {
            return Ok(longest);
        }
        let Some((since, seen)) = &first_seen else {
            let wait = rows.iter().map(|row| row.lease).max().unwrap_or_default();
            report(CopyStep::WatchNodes(&ids(&rows), wait + CLOCK_MARGIN));
            let seen = rows.into_iter().map(|row| (row.id, row.renewal)).collect();
            first_seen = Some((since_boot(), seen));
            sleep(PAUSE).await;
            continue;
        };
        let is_renewed = |row: &NodeRow| seen.get(&row.id) != Some(&row.renewal);
        let (renewed, silent): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_renewed);
        if !renewed.is_empty() {
            return Err(CopyError::Running(ids(&renewed)));
        }
        for row in silent {
            if since_boot() > *since + row.lease + CLOCK_MARGIN {
                let removed = database.remove_expired(&row.id, row.renewal).await;
                removed.map_err(CopyError::Nodes)?;
            }
        }
        sleep(PAUSE).await;
    }
}

/// Fails if there is a node's row.
pub(super) async fn expect_no_row(
    database: &Database<Sqlite>,
    longest: Duration,
) -> Result<(), CopyError> {
    let rows = database.list_complete(longest).await;
    let rows = rows.map_err(CopyError::Nodes)?;
    if rows.is_empty() {
        Ok(())
    } else {
        Err(CopyError::Running(ids(&rows)))
    }
}

fn ids(rows: &[NodeRow]) -> Vec<String> {
    rows.iter().map(|row| row.id.clone()).collect()
}
