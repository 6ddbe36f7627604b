//! The node of this process with its metrics.

use std::sync::Arc;

use models_core::{CredentialRepository, ModelRepository, RepositoryError, Revision};
use models_node::CacheOptions;

use crate::node::{Memory, Node};
use crate::routes::administration::repositories::Repositories;
use crate::server::metrics::Metrics;
use crate::settings::CacheSettings;
use crate::store::Store;

/// A node and its metrics, with the repositories that it administers.
#[derive(Clone)]
pub struct MeasuredNode {
    pub(crate) node: Node,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) administration: Repositories,
}

impl MeasuredNode {
    /// Registers this process as a node, and starts to follow the event log of the store.
    pub async fn register(cache: &CacheSettings, store: &Store) -> Result<Self, RepositoryError> {
        let metrics =
            Metrics::new(store.kind).map_err(|error| RepositoryError::Failed(error.into()))?;
        store.observe(metrics.clone());
        store.nodes.observe(metrics.clone());
        let secret = store.events.token_secret().await?;
        let memory = memory(
            store.credentials.clone(),
            store.models.clone(),
            secret,
            cache,
            &metrics,
        );
        let following = store.nodes.follow(Arc::new(memory.clone())).await?;
        let node = Node::new(memory, following);
        Ok(Self {
            node,
            metrics,
            administration: Repositories::new(store, secret),
        })
    }

    /// The newest revision that the node has applied.
    #[must_use]
    pub fn applied(&self) -> Revision {
        self.node.applied()
    }
}

/// Creates the caches with the sizes in the settings, and connects them to the metrics.
pub(crate) fn memory(
    credentials: Arc<dyn CredentialRepository>,
    models: Arc<dyn ModelRepository>,
    token_secret: [u8; 16],
    cache: &CacheSettings,
    metrics: &Metrics,
) -> Memory {
    let sessions = CacheOptions {
        limit: cache.keys(),
        counters: metrics.keys.clone(),
    };
    let views = CacheOptions {
        limit: cache.views(),
        counters: metrics.views.clone(),
    };
    Memory::new(credentials, models, token_secret, sessions, views)
}
