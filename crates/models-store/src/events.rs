//! Reads of the event log.

pub(crate) mod context;
pub(crate) mod stored;

use std::num::NonZeroU32;

use async_trait::async_trait;
use models_core::{
    Actor, Change, Event, EventRepository, LogEntry, OrganizationId, Origin, Page, Position,
    RepositoryError, Revision, Snapshot, Timestamp,
};
use sqlx_macros::FromRow;

use crate::catalog::{Backend, CatalogRow, Database, no_catalog, only_revision};
use crate::database::{Deadline, damaged};

const REVISION: &str = "SELECT revision FROM catalog";
const REVISION_OF_ORGANIZATION: &str =
    "SELECT COALESCE(MAX(revision), 0) FROM events WHERE organization_id = $1";
const TOKEN_SECRET: &str = "SELECT token_secret FROM catalog";

/// The catalog's row joined with an event, or with no event.
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
    context: Option<String>,
}

/// The reason why a row of the log cannot be read.
enum Unknown {
    /// A newer version wrote it.
    Newer,
    /// Its values are invalid.
    Damaged(Box<dyn std::error::Error>),
}

/// The unreadable rows of a page. They are logged together, because a change of a newer version can
/// have thousands.
#[derive(Default)]
struct Unknowns {
    newer: usize,
    damaged: usize,
    /// The first such row: its revision, its kind, and the reason.
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
                "failed to read rows of the event log; dropping all caches"
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
            Ok(event) => LogEntry::Event(event.into()),
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
        // A newer version may have other kinds of actors.
        let actor: Actor = actor.parse().map_err(|_| Unknown::Newer)?;
        Ok(Event {
            revision,
            origin: Origin {
                actor,
                context: context::read(self.context.as_deref()),
                at,
            },
            change,
        })
    }
}

#[async_trait]
impl<DB: Backend> EventRepository for Database<DB> {
    async fn revision(&self) -> Result<Revision, RepositoryError> {
        only_revision(&self.read(REVISION, vec![]).await?)
    }

    async fn revision_of_organization(
        &self,
        id: &OrganizationId,
    ) -> Result<Revision, RepositoryError> {
        let values = vec![id.as_str().into()];
        only_revision(&self.read(REVISION_OF_ORGANIZATION, values).await?)
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
        // SQLite plans a statement again whenever the value of its `LIMIT` changes, so the range
        // limits the rows.
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
