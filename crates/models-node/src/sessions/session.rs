//! The session of an API key.

use models_core::{KeyAccess, Principal, RepositoryError};

/// An authenticated API key, with the prepared parts of its responses.
pub trait Session: Send + Sync + Sized + 'static {
    /// The session of this key. The cache does not insert an error; it fails the requests that wait for the load.
    fn new(access: &KeyAccess) -> Result<Self, RepositoryError>;

    /// The principal that the key authenticates.
    fn principal(&self) -> &Principal;
}
