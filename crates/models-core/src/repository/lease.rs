//! The repository of the lease.

use std::time::Duration;

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::event::Origin;
use crate::node::Leases;

/// The repository of the lease that all processes of a catalog share.
#[async_trait]
pub trait LeaseRepository: Send + Sync {
    /// The leases of the catalog; `None` until the first node has started.
    async fn find(&self) -> Result<Option<Leases>, RepositoryError>;

    /// Puts a lease in force, in whole seconds, and returns the leases after that. If it is in
    /// force already, nothing changes and nothing is logged. `OlderNodes` while nodes are
    /// registered whose version does not support this change.
    async fn set(&self, lease: Duration, origin: Origin) -> Result<Leases, RepositoryError>;
}
