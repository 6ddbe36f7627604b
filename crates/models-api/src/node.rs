//! This process as a node: what it keeps in memory of the catalog, as long as it may.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use models_core::{ApiKeyId, Change, Epoch, Event, Follower, RepositoryError, Revision, Scope};
use models_store::{BootTime, Following, Store};
use tokio::task::AbortHandle;

use crate::authentication::Authenticator;
use crate::catalog::Catalog;
use crate::settings::CacheSettings;

/// A node of the catalog, following its log.
#[derive(Clone)]
pub struct Node {
    /// Knows the keys.
    pub(crate) authenticator: Arc<Authenticator>,
    /// Shows the models.
    pub(crate) catalog: Arc<Catalog>,
    following: Following,
    recording: AbortHandle,
}

/// How often it is recorded which keys were used.
const RECORDING: Duration = Duration::from_mins(1);

impl Node {
    /// Begins to follow the log of this store.
    pub async fn enter(cache: &CacheSettings, store: &Store) -> Result<Self, RepositoryError> {
        let authenticator = Authenticator::new(store.api_keys.clone(), cache.keys());
        let catalog = Catalog::new(store.models.clone(), cache.views());
        let (authenticator, catalog) = (Arc::new(authenticator), Arc::new(catalog));
        let memory = Memory {
            authenticator: authenticator.clone(),
            catalog: catalog.clone(),
        };
        let following = store.follow(Arc::new(memory)).await?;
        let recording = tokio::spawn(record_uses(authenticator.clone())).abort_handle();
        Ok(Self {
            authenticator,
            catalog,
            following,
            recording,
        })
    }

    /// The present moment, if what it knows may be told at it.
    pub fn check_lease(&self) -> Result<BootTime, RepositoryError> {
        self.following.check().ok_or_else(|| {
            RepositoryError::Unavailable(
                "the node's lease has run out: it has not heard from the database for too long"
                    .into(),
            )
        })
    }

    /// The newest revision that it knows of.
    #[must_use]
    pub fn applied(&self) -> Revision {
        self.following.applied()
    }

    /// Serves nothing any more, and tells the others so.
    pub async fn leave(&self) {
        self.following.leave().await;
        self.recording.abort();
        if let Err(error) = self.authenticator.record_uses().await {
            tracing::warn!(%error, "when keys were last used could not be recorded");
        }
    }
}

async fn record_uses(authenticator: Arc<Authenticator>) {
    loop {
        tokio::time::sleep(RECORDING).await;
        if let Err(error) = authenticator.record_uses().await {
            tracing::warn!(%error, "when keys were last used is recorded later");
        }
    }
}

struct Memory {
    authenticator: Arc<Authenticator>,
    catalog: Arc<Catalog>,
}

impl Follower for Memory {
    fn apply(&self, events: &[Event]) {
        let mut scopes: HashSet<Scope> = HashSet::new();
        let mut gone: HashSet<&ApiKeyId> = HashSet::new();
        let mut is_any_new = false;
        for event in events {
            match &event.change {
                Change::OrganizationCreated(_) => {}
                Change::ApiKeyCreated(_) => is_any_new = true,
                Change::ApiKeyDeleted(key) => {
                    gone.insert(&key.id);
                }
                Change::ModelCreated(model)
                | Change::ModelUpdated { after: model, .. }
                | Change::ModelDeleted(model) => {
                    scopes.insert(model.scope.clone());
                }
            }
        }
        if is_any_new || !gone.is_empty() {
            self.authenticator.drop_keys(&gone);
        }
        self.catalog.drop_views(&scopes);
    }

    fn forget(&self, epoch: &Epoch) {
        self.authenticator.forget(epoch);
        self.catalog.forget(epoch);
    }
}
