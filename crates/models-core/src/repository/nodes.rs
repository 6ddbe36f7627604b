//! Where the nodes' rows are kept.

use std::time::Duration;

use async_trait::async_trait;

use super::error::RepositoryError;
use super::events::EventRepository;
use crate::node::{CatalogState, Leases, NodeRow, Renewal};

/// The nodes' rows, beside the event log that the nodes follow.
#[async_trait]
pub trait NodeRepository: EventRepository {
    /// This process's setting of the lease. It counts only until the catalog names a lease.
    fn configured_lease(&self) -> Duration;

    /// How long a node waits between a hint that something was committed and reading it.
    fn rest(&self) -> Option<Duration>;

    /// The time since a read of the catalog or the event log last ended, well or not.
    fn time_since_read(&self) -> Duration;

    /// `Unavailable` if the database was removed or replaced while it was open.
    fn check_database(&self) -> Result<(), RepositoryError>;

    /// Whether the file that holds the nodes' rows is still in its place. On a server it always is.
    fn has_registry_in_place(&self) -> bool;

    /// Begins to listen for the commits of other processes, where the database can tell of them. `Failed`
    /// if it should and does not.
    async fn listen(&self) -> Result<(), RepositoryError>;

    /// Waits until this process or another one may have committed something. It is a hint: it may come
    /// without a commit, and a commit without it.
    async fn committed(&self);

    /// The catalog's row, over a connection for reading.
    async fn catalog(&self) -> Result<CatalogState, RepositoryError>;

    /// The leases of the catalog. If it names none yet, this process's setting is put in force, with the
    /// longest lease of the registered nodes (of an older version) as the previous one.
    async fn enter_lease(&self) -> Result<Leases, RepositoryError>;

    /// Replaces the previous lease beside these leases, unless they have been changed meanwhile. It waits
    /// for its turn to write.
    async fn settle_lease(&self, leases: Leases, previous: Duration)
    -> Result<(), RepositoryError>;

    /// Adds a node's row, with nothing applied. Call it only while the node holds no lease.
    async fn register(&self, id: &str, lease: Duration) -> Result<(), RepositoryError>;

    /// Renews the node's row, and returns the catalog's row as it is after that. `None` if the node's row
    /// is gone or does not count any more. The catalog's row is that of the server which took the renewal:
    /// a server that has been replaced can still be read, but takes no writes.
    async fn renew(&self, renewal: Renewal<'_>) -> Result<Option<CatalogState>, RepositoryError>;

    /// Renews the node's row without reading the catalog's. It does not tell whether the row is gone; the
    /// next [`renew`](Self::renew) does.
    async fn publish(&self, renewal: Renewal<'_>) -> Result<(), RepositoryError>;

    /// Removes the node's row. The node must hold no lease any more.
    async fn remove(&self, id: &str) -> Result<(), RepositoryError>;

    /// Removes the row of a node that may come back, unless it has been renewed after the renewal of this
    /// number.
    async fn withdraw(&self, id: &str, renewal: i64) -> Result<(), RepositoryError>;

    /// Removes another node's row, unless it has been renewed since the renewal of this number was read.
    async fn remove_expired(&self, id: &str, renewal: i64) -> Result<(), RepositoryError>;

    /// All rows.
    async fn list(&self) -> Result<Vec<NodeRow>, RepositoryError>;

    /// All rows. `Unavailable` if there may be nodes, with a lease of at most this length, whose rows cannot be
    /// read.
    async fn list_complete(&self, lease: Duration) -> Result<Vec<NodeRow>, RepositoryError>;
}
