//! The log, read.

pub(crate) mod stored;

use std::num::NonZeroU32;

use async_trait::async_trait;
use models_core::{
    Actor, Change, Event, EventRepository, LogEntry, Origin, Page, Position, RepositoryError,
    Revision, Snapshot, Timestamp,
};
use sqlx_macros::FromRow;

use crate::catalog::{Backend, CatalogRow, Database, no_catalog, only_revision};
use crate::database::{Deadline, damaged};

const REVISION: &str = "SELECT revision FROM catalog";
const TOKEN_SECRET: &str = "SELECT token_secret FROM catalog";

/// An event and the catalog's row; where there is no event, one row says just that.
#[derive(FromRow)]
struct EventRow {
    #[sqlx(flatten)]
    catalog: CatalogRow,
    revision: Option<i64>,
    occurred_at: Option<i64>,
    actor: Option<String>,
    #[sqlx(rename = "type")]
    kind: Option<String>,
    change: Option<String>,
}

/// Why a row of the log is not understood.
enum Unknown {
    /// A newer version wrote it.
    Newer,
    /// It cannot be what it says it is.
    Damaged(Box<dyn std::error::Error>),
}

/// The rows of a page that are not understood: a line for each would fill the log, since a change of a
/// newer version can have thousands.
#[derive(Default)]
struct Unknowns {
    newer: usize,
    damaged: usize,
    /// The first one: its revision, its kind, and what is wrong with it.
    first: Option<(Revision, String, String)>,
}

impl Unknowns {
    fn count(&mut self, revision: Revision, kind: Option<&str>, unknown: Unknown) {
        let reason = match unknown {
            Unknown::Newer => {
                self.newer += 1;
                "a newer version wrote it".to_owned()
            }
            Unknown::Damaged(error) => {
                self.damaged += 1;
                error.to_string()
            }
        };
        let kind = kind.unwrap_or_default().to_owned();
        self.first.get_or_insert((revision, kind, reason));
    }

    fn log(&self) {
        let Some((revision, kind, reason)) = &self.first else {
            return;
        };
        let (revision, newer, damaged) = (revision.0, self.newer, self.damaged);
        if damaged > 0 {
            tracing::error!(
                revision,
                kind,
                reason,
                newer,
                damaged,
                "rows of the event log cannot be read"
            );
        } else {
            tracing::info!(
                revision,
                kind,
                reason,
                newer,
                "the event log holds events of a newer version"
            );
        }
    }
}

impl EventRow {
    fn entry(&self, unknowns: &mut Unknowns) -> Option<LogEntry> {
        let revision = Revision(self.revision?);
        Some(match self.event(revision) {
            Ok(event) => LogEntry::Event(event),
            Err(unknown) => {
                unknowns.count(revision, self.kind.as_deref(), unknown);
                LogEntry::Unknown(revision)
            }
        })
    }

    fn event(&self, revision: Revision) -> Result<Event, Unknown> {
        let (Some(at), Some(actor), Some(kind), Some(change)) =
            (self.occurred_at, &self.actor, &self.kind, &self.change)
        else {
            return Err(Unknown::Damaged("a column is NULL".into()));
        };
        if !Change::KINDS.contains(&kind.as_str()) {
            return Err(Unknown::Newer);
        }
        let change = stored::read(change).map_err(|error| Unknown::Damaged(error.into()))?;
        if change.kind() != kind {
            return Err(Unknown::Damaged(
                format!("the change is a {}", change.kind()).into(),
            ));
        }
        let at = Timestamp::try_from(at).map_err(|error| Unknown::Damaged(error.into()))?;
        // Whatever a newer version calls an actor.
        let actor: Actor = actor.parse().map_err(|_| Unknown::Newer)?;
        Ok(Event {
            revision,
            origin: Origin { actor, at },
            change,
        })
    }
}

#[async_trait]
impl<DB: Backend> EventRepository for Database<DB> {
    async fn revision(&self) -> Result<Revision, RepositoryError> {
        only_revision(&self.read(REVISION, vec![]).await?)
    }

    async fn token_secret(&self) -> Result<[u8; 16], RepositoryError> {
        let rows: Vec<(String,)> = self.read(TOKEN_SECRET, vec![]).await?;
        let mut secret = [0; 16];
        let read = rows
            .first()
            .map(|(text,)| hex::decode_to_slice(text, &mut secret));
        match read {
            Some(Ok(())) => Ok(secret),
            Some(Err(error)) => Err(damaged("catalog", error)),
            None => Err(RepositoryError::Failed("the table catalog is empty".into())),
        }
    }

    async fn position(&self) -> Result<Position, RepositoryError> {
        Ok(self.read_catalog().await?.position)
    }

    async fn list_after(
        &self,
        revision: Revision,
        limit: NonZeroU32,
    ) -> Result<Snapshot<Page<LogEntry, Revision>>, RepositoryError> {
        // No `LIMIT`: SQLite plans a statement anew each time that another is bound there.
        let last = Revision(revision.0.saturating_add(limit.get().into()));
        let values = vec![revision.0.into(), last.0.into()];
        let rows = self.read_within(Deadline::RENEWAL, DB::LIST_AFTER, values);
        let rows: Vec<EventRow> = rows.await?;
        let first = rows.first().ok_or_else(no_catalog)?;
        let position = first.catalog.clone().supported_by(self.level)?.position;
        let mut unknowns = Unknowns::default();
        let entries = rows.iter().filter_map(|row| row.entry(&mut unknowns));
        let items = entries.collect();
        unknowns.log();
        let next = (last < position.revision).then_some(last);
        let value = Page { items, next };
        Ok(Snapshot { position, value })
    }
}
