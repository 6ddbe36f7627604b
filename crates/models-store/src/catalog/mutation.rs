//! The transaction that appends to the event log.

use std::sync::Arc;
use std::time::Duration;

use models_core::{
    Barrier, CLOCK_MARGIN, CatalogState, Change, Committed, Epoch, Leases, Level, OrganizationId,
    Origin, Position, ProjectId, RepositoryError, Revision,
};
use tokio::sync::Notify;

use super::database::Backend;
use super::row::{NODES_FILE, fetch_catalog, no_catalog};
use super::sql_store::SqlStore;
use crate::database::{Connection, Connections, Record, Transaction, Tries, Value, event_columns};
use crate::events::context;
use crate::events::stored;
use crate::nodes::NodesFile;

/// How many events are recorded between two updates of the catalog's revision, at most. Each update fires the trigger that
/// notes the newest changes of models, and that trigger looks at no more events than this.
const EVENTS_PER_UPDATE: i64 = 1_000;

/// A transaction that changes the catalog. Such transactions take turns: each locks the row that
/// holds the revision. Revisions therefore grow in commit order, and the rows that a transaction
/// has read stay unchanged until it commits.
pub(crate) struct Mutation<DB: Backend> {
    transaction: Transaction<DB>,
    epoch: Epoch,
    level: Level,
    leases: Option<Leases>,
    nodes: Connections<DB>,
    begun_at: Revision,
    revision: Revision,
    /// The revision in the catalog's row, as this transaction sees it.
    in_catalog: Revision,
    /// The revision of the last change that takes something away.
    gone_at: Option<Revision>,
    origin: Origin,
    committed: Arc<Notify>,
    files: Option<Arc<NodesFile>>,
    barrier: Arc<dyn Barrier>,
    /// The longest lease that a node may hold.
    longest_lease: Duration,
}

impl<DB: Backend> Mutation<DB> {
    /// Begins, waits for the turn, and takes the next revision in the same statement: most changes
    /// record one event.
    pub(crate) async fn begin(
        store: &SqlStore<DB>,
        origin: Origin,
    ) -> Result<Self, RepositoryError> {
        store.check_database_file()?;
        let (transaction, catalog) = take_turn(store).await?;
        let CatalogState {
            position: Position { epoch, revision },
            level,
            leases,
        } = catalog;
        let begun_at = Revision(revision.0 - 1);
        let longest_lease = store.longest_lease(leases).await?;
        Ok(Self {
            transaction,
            epoch,
            level,
            leases,
            nodes: store.nodes.clone(),
            begun_at,
            revision: begun_at,
            in_catalog: revision,
            gone_at: None,
            origin,
            committed: store.committed.clone(),
            files: store.files.clone(),
            barrier: store.barrier.clone(),
            longest_lease,
        })
    }

    /// Whether the catalog has no event yet.
    pub(crate) fn is_first(&self) -> bool {
        self.begun_at == Revision(0)
    }

    /// The revision of the last recorded change.
    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    /// The leases of the catalog; `None` until the first node has started.
    pub(crate) fn leases(&self) -> Option<Leases> {
        self.leases
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn fetch<T: Record>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        self.transaction.fetch(sql, values).await
    }

    /// Runs a statement that returns no rows.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<(), RepositoryError> {
        self.fetch::<(i64,)>(sql, values).await.map(drop)
    }

    /// Raises the catalog's level, so that programs of a lower level can neither open it nor
    /// register nodes. `OlderNodes` with their ids while such nodes are registered; the caller then
    /// rolls back.
    pub(crate) async fn raise_level(&mut self, level: Level) -> Result<(), RepositoryError> {
        if level > self.level {
            if let Some(files) = &self.files {
                check_rows_are_complete(self.transaction.connection(), files, self.longest_lease)
                    .await?;
            }
            raise_level(self.transaction.connection(), &self.nodes, level).await?;
            self.level = level;
        }
        Ok(())
    }

    /// Appends the change to the event log at the next revision. A change that programs of the
    /// catalog's level cannot enforce raises the level.
    pub(crate) async fn record(&mut self, change: &Change) -> Result<(), RepositoryError> {
        const INSERT: &str = concat!(
            "INSERT INTO events (",
            event_columns!(all, [", "] [*]),
            ") VALUES (",
            event_columns!(all, values),
            ")"
        );
        self.raise_level(change.level()).await?;
        let json = stored::write(change).map_err(|error| RepositoryError::Failed(error.into()))?;
        let context = context::write(&self.origin.context)
            .map_err(|error| RepositoryError::Failed(error.into()))?;
        self.revision = self.revision.next();
        if change.takes_away() {
            self.gone_at = Some(self.revision);
        }
        let values = vec![
            self.revision.0.into(),
            i64::from(self.origin.at).into(),
            self.origin.actor.to_string().as_str().into(),
            change.kind().into(),
            json.as_str().into(),
            context.as_deref().into(),
            change.organization_id().map(OrganizationId::as_str).into(),
            change.subject_id().into(),
            change.project_id().map(ProjectId::as_str).into(),
        ];
        self.execute(INSERT, values).await?;
        if self.revision.0 - self.in_catalog.0 >= EVENTS_PER_UPDATE {
            self.update_revision().await?;
        }
        Ok(())
    }

    /// Commits the recorded changes, or rolls back if there are none. If a change takes something
    /// away, this returns once no node serves it.
    pub(crate) async fn commit(mut self) -> Result<(), RepositoryError> {
        let revision = self.revision;
        if revision == self.begun_at {
            return self.roll_back().await;
        }
        if revision != self.in_catalog {
            self.update_revision().await?;
        }
        if let Some(files) = &self.files {
            files.check_database()?;
        }
        let gone = self.gone_at.map(|revision| self.committed_at(revision));
        let done = self.transaction.commit(Some(revision)).await;
        // A commit in doubt notifies too: the node reads the event log and sees whether it
        // happened.
        self.committed.notify_one();
        done?;
        if let Some(gone) = gone {
            self.barrier.wait(gone).await;
        }
        Ok(())
    }

    /// Writes the revision of the newest event into the catalog's row.
    async fn update_revision(&mut self) -> Result<(), RepositoryError> {
        const SET_REVISION: &str = "UPDATE catalog SET revision = $1";
        self.execute(SET_REVISION, vec![self.revision.0.into()])
            .await?;
        self.in_catalog = self.revision;
        Ok(())
    }

    /// Commits the recorded changes. If there are none, because the catalog is already as requested,
    /// this returns once all nodes enforce that.
    pub(crate) async fn commit_or_repeat(self) -> Result<(), RepositoryError> {
        if self.revision == self.begun_at {
            let begun_at = self.begun_at;
            self.repeat(begun_at).await
        } else {
            self.commit().await
        }
    }

    /// Rolls back, and returns when no node serves anything that changes up to this revision have
    /// taken away. It ends a request that repeats such a change because the first response was
    /// lost.
    pub(crate) async fn repeat(self, gone_at: Revision) -> Result<(), RepositoryError> {
        let gone = self.committed_at(gone_at);
        self.transaction.roll_back().await?;
        self.barrier.wait(gone).await;
        Ok(())
    }

    fn committed_at(&self, revision: Revision) -> Committed {
        let epoch = self.epoch.clone();
        Committed {
            position: Position { epoch, revision },
            lease: self.longest_lease,
        }
    }

    /// Rolls back.
    pub(crate) async fn roll_back(self) -> Result<(), RepositoryError> {
        self.transaction.roll_back().await
    }
}

/// Begins a transaction and takes the turn. If the server ends the connection before that, nothing
/// has happened, and another connection is tried.
async fn take_turn<DB: Backend>(
    store: &SqlStore<DB>,
) -> Result<(Transaction<DB>, CatalogState), RepositoryError> {
    let mut tries = Tries::default();
    loop {
        let mut transaction = Transaction::begin(&store.writer, store.begin).await?;
        let catalog = fetch_catalog(transaction.connection(), DB::TAKE_TURN, store.level).await;
        if !tries.may_repeat(transaction.connection().is_lost()).await {
            return catalog.map(|catalog| (transaction, catalog));
        }
    }
}

/// Raises the catalog's level in a transaction that holds the turn. `OlderNodes` with the ids of
/// nodes of a lower level; the caller then rolls back.
pub(crate) async fn raise_level<DB: Backend>(
    connection: &mut Connection<DB>,
    nodes: &Connections<DB>,
    level: Level,
) -> Result<(), RepositoryError> {
    const RAISE: &str = "UPDATE catalog SET level = $1, level_version = $2";
    let lower = DB::raise_level(connection, nodes, level).await?;
    if !lower.is_empty() {
        return Err(RepositoryError::OlderNodes(lower));
    }
    let values = vec![level.0.into(), env!("CARGO_PKG_VERSION").into()];
    connection.fetch::<(i64,)>(RAISE, values).await.map(drop)
}

/// `Unavailable` if there may be nodes, with a lease of at most this length, whose rows cannot be
/// read.
pub(crate) async fn check_rows_are_complete<DB: Backend>(
    connection: &mut Connection<DB>,
    files: &NodesFile,
    lease: Duration,
) -> Result<(), RepositoryError> {
    let rows: Vec<(String,)> = connection.fetch(NODES_FILE, vec![]).await?;
    let (in_catalog,) = rows.first().ok_or_else(no_catalog)?;
    files.check(in_catalog, lease + CLOCK_MARGIN)
}

#[cfg(test)]
mod tests;
