//! The node of this process with its metrics.

use std::sync::Arc;

use models_core::{ModelRepository, RepositoryError, Revision};
use models_node::{Administration, CacheOptions};

use crate::node::{Memory, Node};
use crate::server::metrics::Metrics;
use crate::settings::CacheSettings;
use crate::store::Store;

/// A node and its metrics.
#[derive(Clone)]
pub struct MeasuredNode {
    pub(crate) node: Node,
    pub(crate) metrics: Arc<Metrics>,
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
            Administration {
                organizations: store.organizations.clone(),
                projects: store.projects.clone(),
                service_accounts: store.service_accounts.clone(),
                api_keys: store.api_keys.clone(),
                admin_api_keys: store.admin_api_keys.clone(),
            },
            store.models.clone(),
            secret,
            cache,
            &metrics,
        );
        let following = store.nodes.follow(Arc::new(memory.clone())).await?;
        let node = Node::new(memory, following);
        Ok(Self { node, metrics })
    }

    /// The newest revision that the node has applied.
    #[must_use]
    pub fn applied(&self) -> Revision {
        self.node.applied()
    }
}

/// Creates the caches with the sizes in the settings, and connects them to the metrics.
pub(crate) fn memory(
    administration: Administration,
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
    Memory::new(administration, models, token_secret, sessions, views)
}
