//! The log, read.

use async_trait::async_trait;
use models_core::{
    Actor, Event, EventRepository, Origin, Position, RepositoryError, Revision, Timestamp,
};
use sqlx::FromRow;

use crate::error::{damaged, unavailable};
use crate::sql::{Backend, SqlStore, only_revision, position};

const REVISION: &str = "SELECT revision FROM catalog";
const TOKEN_SECRET: &str = "SELECT token_secret FROM catalog";
const LIST_AFTER: &str = "SELECT revision, occurred_at, actor, change FROM events \
    WHERE revision > $1 ORDER BY revision LIMIT $2";

#[derive(FromRow)]
struct EventRow {
    revision: i64,
    occurred_at: i64,
    actor: String,
    change: String,
}

impl TryFrom<EventRow> for Event {
    type Error = RepositoryError;

    fn try_from(row: EventRow) -> Result<Self, RepositoryError> {
        let actor: Actor = row
            .actor
            .parse()
            .map_err(|error| damaged("events", error))?;
        let at = Timestamp::try_from(row.occurred_at).map_err(|error| damaged("events", error))?;
        Ok(Self {
            revision: Revision(row.revision),
            origin: Origin { actor, at },
            change: serde_json::from_str(&row.change).map_err(|error| damaged("events", error))?,
        })
    }
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
    ) -> Result<Vec<Event>, RepositoryError> {
        let rows: Vec<EventRow> = self
            .read(LIST_AFTER, vec![revision.0.into(), i64::from(limit).into()])
            .await?;
        rows.into_iter().map(Event::try_from).collect()
    }
}
