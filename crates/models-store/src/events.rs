//! The log, read.

use async_trait::async_trait;
use models_core::{
    Actor, Event, EventRepository, Origin, Position, RepositoryError, Revision, Snapshot, Timestamp,
};
use sqlx::FromRow;

use crate::error::{damaged, unavailable};
use crate::sql::{Backend, SqlStore, no_catalog, only_revision, position, position_of};

const REVISION: &str = "SELECT revision FROM catalog";
const TOKEN_SECRET: &str = "SELECT token_secret FROM catalog";

/// An event and the newest position; where there is no event, one row says just the position.
#[derive(FromRow)]
struct EventRow {
    newest: i64,
    epoch: String,
    revision: Option<i64>,
    occurred_at: Option<i64>,
    actor: Option<String>,
    change: Option<String>,
}

impl EventRow {
    fn event(self) -> Option<Result<Event, RepositoryError>> {
        let (revision, at) = (self.revision?, self.occurred_at?);
        Some(event(revision, at, &self.actor?, &self.change?))
    }
}

fn event(revision: i64, at: i64, actor: &str, change: &str) -> Result<Event, RepositoryError> {
    let actor: Actor = actor.parse().map_err(|error| damaged("events", error))?;
    let at = Timestamp::try_from(at).map_err(|error| damaged("events", error))?;
    Ok(Event {
        revision: Revision(revision),
        origin: Origin { actor, at },
        change: serde_json::from_str(change).map_err(|error| damaged("events", error))?,
    })
}

#[async_trait]
impl<DB: Backend> EventRepository for SqlStore<DB> {
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
        let reader = self.reader.clone();
        self.run(async move {
            let mut connection = reader.acquire().await.map_err(unavailable)?;
            position::<DB>(&mut connection).await
        })
        .await
    }

    async fn list_after(
        &self,
        revision: Revision,
        limit: u32,
    ) -> Result<Snapshot<Vec<Event>>, RepositoryError> {
        // No `LIMIT`: SQLite plans a statement anew each time that another is bound there.
        let last = revision.0.saturating_add(limit.into());
        let values = vec![revision.0.into(), last.into()];
        let mut rows: Vec<EventRow> = self.read(DB::LIST_AFTER, values).await?;
        let first = rows.first_mut().ok_or_else(no_catalog)?;
        let position = position_of(first.newest, std::mem::take(&mut first.epoch))?;
        let events = rows.into_iter().filter_map(EventRow::event);
        Ok(Snapshot {
            position,
            value: events.collect::<Result<_, _>>()?,
        })
    }
}
