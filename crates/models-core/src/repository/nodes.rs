//! The repository of the nodes' rows.

use std::time::Duration;

use async_trait::async_trait;

use super::error::RepositoryError;
use super::events::EventRepository;
use crate::node::{CatalogState, Leases, NodeRow, Renewal};

/// The repository of the nodes' rows, with the event log that the nodes follow.
#[async_trait]
pub trait NodeRepository: EventRepository {
    /// The lease in this process's settings. It takes effect only if the catalog has no lease yet.
    fn configured_lease(&self) -> Duration;

    /// The pause between a hint of a commit and the read of the event log; `None` for no pause.
    fn rest(&self) -> Option<Duration>;

    /// The time since the last read of the catalog's row or the event log ended, also if it failed.
    fn time_since_read(&self) -> Duration;

    /// Checks the database's file. `Unavailable` if it was removed or replaced while it was open.
    fn check_database(&self) -> Result<(), RepositoryError>;

    /// Whether the file with the nodes' rows is still in its place. A database server has no such
    /// file, and always returns true.
    fn has_registry_in_place(&self) -> bool;

    /// Starts to listen for commits of other processes, if the database sends notifications.
    /// `Failed` if the database should send them and does not.
    async fn listen(&self) -> Result<(), RepositoryError>;

    /// Waits until this process or another one may have committed a change. It is a hint: it can
    /// return without a commit, and it can miss a commit.
    async fn committed(&self);

    /// Reads the catalog's row on a connection for reading.
    async fn catalog(&self) -> Result<CatalogState, RepositoryError>;

    /// The leases of the catalog. If it has none yet, this puts the process's setting in force. The
    /// previous lease is then the longest lease of the registered nodes, which are of an older
    /// version.
    async fn enter_lease(&self) -> Result<Leases, RepositoryError>;

    /// Replaces the previous lease, unless the catalog's leases differ from `leases`. It waits for
    /// its turn to write.
    async fn settle_lease(&self, leases: Leases, previous: Duration)
    -> Result<(), RepositoryError>;

    /// Inserts a node's row, with no applied position. The node must hold no lease.
    async fn register(&self, id: &str, lease: Duration) -> Result<(), RepositoryError>;

    /// Renews the node's row and returns the catalog's row after that. `None` if the node's row is
    /// gone or no longer counts. The catalog's row comes from the server that took the renewal,
    /// because a replaced server can still be read but takes no writes.
    async fn renew(&self, renewal: Renewal<'_>) -> Result<Option<CatalogState>, RepositoryError>;

    /// Renews the node's row without reading the catalog's row. It does not report a missing row;
    /// the next [`renew`](Self::renew) does.
    async fn publish(&self, renewal: Renewal<'_>) -> Result<(), RepositoryError>;

    /// Removes the node's row. The node must no longer hold a lease.
    async fn remove(&self, id: &str) -> Result<(), RepositoryError>;

    /// Removes the row of a node that may register again, unless a later renewal has been written.
    async fn withdraw(&self, id: &str, renewal: i64) -> Result<(), RepositoryError>;

    /// Removes another node's row, unless the node has renewed it since the caller read this
    /// renewal.
    async fn remove_expired(&self, id: &str, renewal: i64) -> Result<(), RepositoryError>;

    /// Returns all rows.
    async fn list(&self) -> Result<Vec<NodeRow>, RepositoryError>;

    /// Returns all rows. `Unavailable` if there may be nodes, with a lease of at most `lease`,
    /// whose rows cannot be read.
    async fn list_complete(&self, lease: Duration) -> Result<Vec<NodeRow>, RepositoryError>;
}
