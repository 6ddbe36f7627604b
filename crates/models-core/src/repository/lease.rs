//! Where the lease is kept.

use std::time::Duration;

use async_trait::async_trait;

use super::error::RepositoryError;
use crate::event::Origin;
use crate::node::Leases;

/// The lease that all processes of a catalog share.
#[async_trait]
pub trait LeaseRepository: Send + Sync {
    /// The leases of the catalog. `None` until the first node has started.
    async fn find(&self) -> Result<Option<Leases>, RepositoryError>;

    /// Puts a lease in force, in whole seconds, and returns the leases afterwards. The lease that is in
    /// force already changes nothing, and nothing is logged. `OlderNodes` while nodes are registered
    /// whose version does not know this change.
    async fn set(&self, lease: Duration, origin: Origin) -> Result<Leases, RepositoryError>;
}
