//! The nodes: who may serve from memory, and waiting until none of them shows what is gone.

use std::collections::HashMap;
use std::time::Duration;

use models_core::{Epoch, EventRepository, Position, RepositoryError, Revision};
use tokio::time::{Instant, sleep, timeout};

use crate::catalog::{Catalog, catalog};
use crate::connections::Deadline;
use crate::mutation::Committed;
use crate::observer::ObserverSlot;
use crate::sql::{Backend, Record, SqlStore, Value};

const REGISTER: &str = "INSERT INTO nodes (id, epoch, applied_revision, renewal, lease_ms, level) \
    VALUES ($1, '', -1, 0, $2, $3)";
/// A renewal that arrives late, after another one, changes nothing.
const RENEW: &str = "UPDATE nodes SET epoch = $2, applied_revision = $3, renewal = $4, lease_ms = $5 \
    WHERE id = $1 AND renewal < $4 RETURNING renewal";
const LEAVE: &str = "DELETE FROM nodes WHERE id = $1";
const REMOVE: &str = "DELETE FROM nodes WHERE id = $1 AND renewal = $2";
/// A withdrawal that arrives late, after the node has come back, removes nothing.
const WITHDRAW: &str = "DELETE FROM nodes WHERE id = $1 AND renewal <= $2";
const LIST: &str = "SELECT id, renewal, lease_ms FROM nodes";
const LIST_BEHIND: &str =
    "SELECT id, renewal, lease_ms FROM nodes WHERE epoch <> $1 OR applied_revision < $2";

/// What the clocks of two machines may differ by in the course of a lease.
pub(crate) const MARGIN: Duration = Duration::from_millis(250);
/// How long to wait before looking again whether the others are done, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// How long a barrier waits before it says what for.
const PATIENCE: Duration = Duration::from_secs(1);

/// A node's id, how often it has shown that it lives, and its lease in milliseconds.
type NodeRow = (String, i64, i64);

enum Renewed {
    Gone,
    At(Catalog),
    /// The catalog is not where the nodes' rows are.
    Elsewhere,
}

/// What a node writes into its row.
pub(crate) struct Renewal<'a> {
    /// The node.
    pub(crate) id: &'a str,
    /// What it has applied; none before the first look.
    pub(crate) applied: Option<&'a Position>,
    /// Grows with each.
    pub(crate) number: i64,
    /// The lease that it takes at most.
    pub(crate) lease: Duration,
}

impl<DB: Backend> SqlStore<DB> {
    pub(crate) async fn register_node(
        &self,
        id: &str,
        lease: Duration,
    ) -> Result<(), RepositoryError> {
        self.attach_nodes_file().await?;
        let values = vec![id.into(), milliseconds(lease).into(), self.level.0.into()];
        self.nodes_statement::<(i64,)>(REGISTER, values)
            .await
            .map(drop)
    }

    /// Shows that the node lives, and what it has applied, and returns the catalog's row after
    /// that. `None` if the node's row is gone. The catalog's row is that of the server which took the
    /// node's: one that another has taken the place of can still be read, but takes nothing.
    pub(crate) async fn renew_node(
        &self,
        renewal: &Renewal<'_>,
    ) -> Result<Option<Catalog>, RepositoryError> {
        if !self.has_nodes_in_place() {
            self.is_nodes_file_lost().await?;
            return Ok(None);
        }
        let values = row_of(renewal);
        let (nodes, level) = (self.nodes.clone(), self.level);
        let renewed = self.run(async move {
            let mut connection = nodes.acquire(Deadline::RENEWAL).await?;
            let rows: Vec<(i64,)> = connection.fetch(RENEW, values).await?;
            Ok(match (rows.is_empty(), DB::HAS_NODES) {
                (true, _) => Renewed::Gone,
                (false, true) => Renewed::At(catalog(&mut connection, level).await?),
                (false, false) => Renewed::Elsewhere,
            })
        });
        match renewed.await? {
            Renewed::Gone => Ok(None),
            Renewed::At(catalog) => Ok(Some(catalog)),
            Renewed::Elsewhere => {
                let catalog = self.catalog().await?;
                // After the renewal, and before the lease is taken.
                Ok((!self.is_nodes_file_lost().await?).then_some(catalog))
            }
        }
    }

    /// Whether the nodes' rows do not count any more, which is logged.
    async fn is_nodes_file_lost(&self) -> Result<bool, RepositoryError> {
        let refusal = self.refusal_of_nodes_file().await?;
        if let Some(reason) = &refusal {
            tracing::error!(reason, "this node gives up its lease");
        }
        Ok(refusal.is_some())
    }

    /// The same without looking for the newest position. Nothing tells whether the row is gone; the next
    /// renewal does.
    pub(crate) async fn publish_node(&self, renewal: &Renewal<'_>) -> Result<(), RepositoryError> {
        self.nodes_statement::<(i64,)>(RENEW, row_of(renewal))
            .await
            .map(drop)
    }

    /// Takes the node out. It must not serve from memory any more.
    pub(crate) async fn remove_node(&self, id: &str) -> Result<(), RepositoryError> {
        self.nodes_statement::<(i64,)>(LEAVE, vec![id.into()])
            .await
            .map(drop)
    }

    /// The same for a node that may come back, and has written its row at most so often.
    pub(crate) async fn withdraw_node(
        &self,
        id: &str,
        renewal: i64,
    ) -> Result<(), RepositoryError> {
        self.nodes_statement::<(i64,)>(WITHDRAW, vec![id.into(), renewal.into()])
            .await
            .map(drop)
    }

    /// Waits until no node shows what the log took away up to this position, which has been
    /// committed: each has applied it, or it has been as long as its lease. At most that long,
    /// whatever happens to the database or to other nodes meanwhile.
    pub(crate) async fn wait_for_nodes(&self, committed: Committed) {
        let began = Instant::now();
        self.wait(committed).await;
        let waited = began.elapsed();
        self.observer
            .tell(|observer| observer.waited_for_nodes(waited));
    }

    async fn wait(&self, committed: Committed) {
        let Position { epoch, revision } = committed.position;
        // A lease was granted by a check that was sent before the commit, or is only granted once
        // the revision is applied.
        let began = Instant::now();
        // As long as it is not known which nodes there are. No node takes a longer lease without having applied the
        // revision.
        let unknown = committed.lease;
        let mut lease = unknown;
        let mut pause = FIRST_PAUSE;
        let mut observed = Observed::default();
        let mut progress = Progress::default();
        self.wait_for_own_node(revision).await;
        let mut behind = self.nodes_behind(epoch, revision, unknown).await;
        loop {
            match behind {
                Ok(rows) if rows.is_empty() => return,
                Ok(rows) => {
                    progress.wait_for(&rows);
                    let longest = rows
                        .iter()
                        .map(|(_, _, lease_ms)| duration(*lease_ms))
                        .max();
                    lease = longest.unwrap_or(lease);
                    self.remove_silent(observed.silent(&rows)).await;
                }
                Err(error) => {
                    lease = lease.max(unknown);
                    progress.wait_in_the_dark(&error);
                }
            }
            let left = (lease + MARGIN).saturating_sub(began.elapsed());
            if left.is_zero() {
                return;
            }
            progress.tell(&self.observer, began.elapsed(), left);
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            // A server that has taken over since has a history of its own, and nodes say what they have of that one.
            // It begins with what was committed, if it was a synchronous standby.
            behind = match self.position().await {
                Ok(Position { epoch, .. }) => self.nodes_behind(epoch, revision, unknown).await,
                Err(error) => Err(error),
            };
        }
    }

    /// To ask before this process's own node has said that it is done is in vain. It only saves questions:
    /// a node that does not come this far is one that is asked about.
    async fn wait_for_own_node(&self, revision: Revision) {
        let mut published = self.published.subscribe();
        let is_done = published.wait_for(|published| match published {
            Some(published) => *published >= revision,
            None => true,
        });
        // Neither a time that ran out nor an end of the node says anything.
        let _ = timeout(LONGEST_PAUSE, is_done).await;
    }

    /// Those that have not applied the revision in this history. One of another history says nothing about
    /// this one, however far it is.
    async fn nodes_behind(
        &self,
        epoch: Epoch,
        revision: Revision,
        lease: Duration,
    ) -> Result<Vec<NodeRow>, RepositoryError> {
        let values = vec![epoch.0.as_str().into(), revision.0.into()];
        let rows = self.nodes_statement(LIST_BEHIND, values).await?;
        // After the rows were read: they may be those of another file since.
        self.check_nodes_are_all(lease + MARGIN).await?;
        Ok(rows)
    }

    /// Looks whether other nodes have fallen silent, and takes those out. Returns the longest lease
    /// that a row names.
    pub(crate) async fn observe_nodes(
        &self,
        observed: &mut Observed,
    ) -> Result<Duration, RepositoryError> {
        let rows: Vec<NodeRow> = self.nodes_statement(LIST, vec![]).await?;
        self.remove_silent(observed.silent(&rows)).await;
        let longest = rows.iter().map(|(_, _, lease_ms)| *lease_ms).max();
        Ok(duration(longest.unwrap_or(0)))
    }

    async fn remove_silent(&self, silent: Vec<(String, i64)>) {
        for (id, renewal) in silent {
            let values = vec![id.as_str().into(), renewal.into()];
            match self.nodes_statement::<(i64,)>(REMOVE, values).await {
                Ok(_) => tracing::warn!(node = id, "a node has fallen silent and was taken out"),
                Err(error) => tracing::warn!(node = id, %error, "a silent node stays"),
            }
        }
    }

    pub(crate) async fn nodes_statement<T: Record + 'static>(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<T>, RepositoryError> {
        let nodes = self.nodes.clone();
        self.run(async move {
            let mut connection = nodes.acquire(Deadline::RENEWAL).await?;
            connection.fetch(sql, values).await
        })
        .await
    }
}

/// What a barrier waits for, for those who want to know.
#[derive(Default)]
struct Progress {
    /// None as long as they are not known.
    nodes: Option<Vec<String>>,
    is_warned: bool,
    is_told: bool,
}

impl Progress {
    fn wait_for(&mut self, rows: &[NodeRow]) {
        self.nodes = Some(rows.iter().map(|(id, _, _)| id.clone()).collect());
    }

    fn wait_in_the_dark(&mut self, error: &RepositoryError) {
        self.nodes = None;
        if !std::mem::replace(&mut self.is_warned, true) {
            tracing::warn!(%error, "it is not known which nodes there are; waiting for as long as a lease");
        }
    }

    fn tell(&mut self, observer: &ObserverSlot, waited: Duration, at_most: Duration) {
        if waited < PATIENCE || std::mem::replace(&mut self.is_told, true) {
            return;
        }
        let nodes = self.nodes.as_deref();
        observer.tell(|observer| observer.still_waiting_for_nodes(nodes, at_most));
    }
}

/// When each node was first seen with its present sign of life. No clock but this process's own is
/// asked, and that one cannot be set.
#[derive(Default)]
pub(crate) struct Observed(HashMap<String, (i64, Instant)>);

impl Observed {
    /// Those that have not shown that they live for longer than their lease: it has run out, and
    /// they cannot renew it when they are gone.
    fn silent(&mut self, rows: &[NodeRow]) -> Vec<(String, i64)> {
        let now = Instant::now();
        self.0
            .retain(|known, _| rows.iter().any(|(id, _, _)| id == known));
        let mut silent = vec![];
        for (id, renewal, lease_ms) in rows {
            let (seen, since) = self.0.entry(id.clone()).or_insert((*renewal, now));
            if seen != renewal {
                (*seen, *since) = (*renewal, now);
            }
            if since.elapsed() > duration(*lease_ms) + MARGIN {
                silent.push((id.clone(), *renewal));
            }
        }
        silent
    }
}

/// What a node says of itself. Before it has looked, it has applied nothing.
fn row_of(renewal: &Renewal<'_>) -> Vec<Value> {
    let (epoch, revision) = renewal.applied.map_or(("", Revision(-1)), |position| {
        (position.epoch.0.as_str(), position.revision)
    });
    vec![
        renewal.id.into(),
        epoch.into(),
        revision.0.into(),
        renewal.number.into(),
        milliseconds(renewal.lease).into(),
    ]
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn duration(milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}
