//! Attaches the nodes file that counts, or creates it.

use std::io;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use models_core::Level;
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

use super::file::{Attached, NodesFile, moved};
use super::inspection::{self, Found, Mark};
use super::making;
use crate::database::{boot_id, since_boot};
use crate::files::{self, FileId, FileSet, FileState};

/// Any process that attaches the file sets the time, if the creator ended before it could.
const SET_MADE_AT: &str = "UPDATE nodes_file SET made_at = coalesce(made_at, $1) RETURNING made_at";

const FIND_ID: &str = "SELECT nodes_file, revision, level FROM catalog";
const SET_ID: &str = "UPDATE catalog SET nodes_file = $1";

impl NodesFile {
    /// Attaches the file that counts, or creates it.
    pub(crate) async fn attach(&self) -> Result<(), sqlx::Error> {
        // Another process may be using the removed log.
        let is_torn = self.attached().is_some() && self.state() == FileState::LogMissing;
        let mut turn = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        if self.check_database().is_err() {
            return Err(moved(&self.database).into());
        }
        let (in_catalog, revision, level): (String, i64, i64) =
            sqlx::query_as(FIND_ID).fetch_one(&mut *turn).await?;
        let found = inspection::inspect(&self.path, self.busy_timeout).await?;
        let fitting = match &found {
            Found::Marked(mark) if self.fits(mark, &in_catalog)? => Some(mark),
            Found::Missing | Found::Damaged(_) | Found::Unmarked | Found::Marked(_) => None,
        };
        if let Some(mark) = fitting
            && mark.boot == boot_id()
            && !is_torn
        {
            turn.rollback().await?;
            return self.settle(mark.id.clone()).await;
        }
        if let Found::Marked(mark) = &found
            && in_catalog.is_empty()
            && mark.boot == boot_id()
            && self.was_made_here(mark)?
            && !is_torn
        {
            // The creator ended before the catalog named the file. Nodes may have rows in it.
            sqlx::query(SET_ID)
                .bind(&mark.id)
                .execute(&mut *turn)
                .await?;
            turn.commit().await?;
            return self.settle(mark.id.clone()).await;
        }
        // Either no node has taken a lease yet, or all leases are from before the last boot.
        let is_first = in_catalog.is_empty() && revision == 0;
        let is_settled = is_first || fitting.is_some_and(Mark::is_of_an_earlier_boot);
        let id = Uuid::now_v7().simple().to_string();
        self.make(&id, &found, &in_catalog, is_settled, Level(level))
            .await?;
        sqlx::query(SET_ID).bind(&id).execute(&mut *turn).await?;
        turn.commit().await?;
        self.settle(id).await
    }

    /// Whether the file is the one that the catalog names, and not a copy.
    fn fits(&self, mark: &Mark, in_catalog: &str) -> io::Result<bool> {
        Ok(mark.id == in_catalog && self.was_made_here(mark)?)
    }

    /// Whether the file was created under this name for this database.
    fn was_made_here(&self, mark: &Mark) -> io::Result<bool> {
        let file = FileId::at(&self.path)?.map(|file| file.to_string());
        Ok(Some(&mark.file) == file.as_ref()
            && mark.database_file == self.database_files.main.to_string())
    }

    /// Puts the present file aside and creates a file with this id. The file of an older version
    /// stays, with its rows.
    async fn make(
        &self,
        id: &str,
        found: &Found,
        in_catalog: &str,
        is_settled: bool,
        level: Level,
    ) -> Result<(), sqlx::Error> {
        let is_kept = matches!(found, Found::Unmarked) && in_catalog.is_empty();
        if !is_kept {
            making::put_aside(&self.path, found)?;
            files::create_like(&self.path, &self.database)?;
        }
        let file = FileId::at(&self.path)?.ok_or_else(|| moved(&self.path))?;
        let mut connection = self.connect_options().connect().await?;
        let made_at = is_settled.then_some(Duration::ZERO);
        let mark = Mark {
            id: id.to_owned(),
            file: file.to_string(),
            database_file: self.database_files.main.to_string(),
            boot: boot_id().to_owned(),
            made_at: made_at.map(nanoseconds),
        };
        let made = making::write_mark(&mut connection, &mark, level).await;
        connection.close().await?;
        made
    }

    /// Attaches the file that the catalog names. It counts from this moment.
    async fn settle(&self, id: String) -> Result<(), sqlx::Error> {
        let mut connection = self.connect_options().connect().await?;
        let now = nanoseconds(since_boot());
        let made_at: Result<i64, _> = sqlx::query_scalar(SET_MADE_AT)
            .bind(now)
            .fetch_one(&mut connection)
            .await;
        let files = FileSet::at(&self.path);
        connection.close().await?;
        let attached = Attached {
            id,
            files: files?.ok_or_else(|| moved(&self.path))?,
            made_at: Duration::from_nanos(u64::try_from(made_at?).unwrap_or(0)),
            since: Instant::now(),
        };
        *self.attached.lock().unwrap_or_else(PoisonError::into_inner) = Some(attached);
        Ok(())
    }
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
