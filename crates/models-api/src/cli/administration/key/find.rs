//! Finds keys by their ids.

use models_core::{ApiKeyId, ListedApiKey};

use crate::cli::missing;
use crate::cli::terminal::Failure;
use crate::store::Store;

/// Finds the key with this id, also a revoked or expired one.
pub(super) async fn find_key(store: &Store, id: &ApiKeyId) -> Result<ListedApiKey, Failure> {
    let found = store.api_keys.find(id).await?;
    found.ok_or_else(|| missing::key(id).into())
}
