//! What the service keeps for a good key.

use models_core::{ApiKey, Principal, RepositoryError};

/// A key in memory, with all that each response to it says of its holder.
pub trait Session: Send + Sync + Sized + 'static {
    /// The session of this key. An error fails the request that the key came with, and is not kept.
    fn new(key: &ApiKey) -> Result<Self, RepositoryError>;

    /// Whom the key stands for.
    fn principal(&self) -> &Principal;
}
