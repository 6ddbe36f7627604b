//! The transaction that writes to the log.

use std::sync::Arc;

use models_core::{Change, Epoch, OrganizationId, Origin, Position, RepositoryError, Revision};
use sqlx::{Database, Transaction};
use tokio::sync::Notify;

use crate::error::{repository_error, unavailable};
use crate::sql::{Backend, Record, SqlStore, Value, fetch_position};

/// A transaction that changes the catalog. All of them take turns at the row that holds the
/// revision, so revisions grow in the order of the commits, and what a transaction has read stays
/// true until it commits.
pub(crate) struct Mutation<DB: Database> {
    transaction: Transaction<'static, DB>,
    epoch: Epoch,
    begun_at: Revision,
    revision: Revision,
    origin: Origin,
    committed: Arc<Notify>,
}

impl<DB: Backend> Mutation<DB> {
    /// Begins, and waits for its turn. The next revision is taken with it: most changes record one.
    pub(crate) async fn begin(
        store: &SqlStore<DB>,
        origin: Origin,
    ) -> Result<Self, RepositoryError> {
        let begun = store.writer.begin_with(store.begin).await;
        let mut transaction = begun.map_err(unavailable)?;
        let Position { epoch, revision } =
            fetch_position::<DB>(&mut transaction, DB::TAKE_TURN).await?;
        let begun_at = Revision(revision.0 - 1);
        Ok(Self {
            transaction,
            epoch,
            begun_at,
            revision: begun_at,
            origin,
            committed: store.committed.clone(),
        })
    }

    /// Whether nothing has ever happened before it.
    pub(crate) fn is_first(&self) -> bool {
        self.begun_at == Revision(0)
    }

    /// The revision of what was recorded last.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Runs a statement and answers its rows.
    pub(crate) async fn fetch<T: Record>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        DB::fetch(&mut self.transaction, sql, values)
            .await
            .map_err(repository_error)
    }

    /// Runs a statement that answers no rows.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<(), RepositoryError> {
        self.fetch::<(i64,)>(sql, values).await.map(drop)
    }

    /// Appends the change to the log, at the next revision.
    pub(crate) async fn record(&mut self, change: &Change) -> Result<(), RepositoryError> {
        const INSERT: &str = "INSERT INTO events \
            (revision, occurred_at, actor, type, organization_id, subject_id, change) \
            VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let json =
            serde_json::to_string(change).map_err(|error| RepositoryError::Failed(error.into()))?;
        self.revision = self.revision.next();
        let values = vec![
            self.revision.0.into(),
            i64::from(self.origin.at).into(),
            self.origin.actor.as_str().into(),
            change.kind().into(),
            change.organization_id().map(OrganizationId::as_str).into(),
            change.subject_id().into(),
            json.as_str().into(),
        ];
        self.execute(INSERT, values).await
    }

    /// Commits what was recorded, and answers the position that it has led to. Where nothing was
    /// recorded, nothing changed.
    pub(crate) async fn commit(mut self) -> Result<Position, RepositoryError> {
        const SET_REVISION: &str = "UPDATE catalog SET revision = $1";
        let (epoch, revision) = (self.epoch.clone(), self.revision);
        if revision == self.begun_at {
            self.roll_back().await?;
            return Ok(Position { epoch, revision });
        }
        if revision != self.begun_at.next() {
            self.execute(SET_REVISION, vec![revision.0.into()]).await?;
        }
        if let Some(notify) = DB::NOTIFY {
            self.fetch::<(i64,)>(notify, vec![revision.0.into()])
                .await?;
        }
        self.transaction.commit().await.map_err(repository_error)?;
        self.committed.notify_one();
        Ok(Position { epoch, revision })
    }

    /// Leaves everything as it was.
    pub(crate) async fn roll_back(self) -> Result<(), RepositoryError> {
        self.transaction.rollback().await.map_err(repository_error)
    }
}
