//! The memory of a node: its sessions and views.

use std::sync::Arc;

use models_core::{CredentialRepository, Epoch, Event, Follower, ModelRepository};

use crate::cache::CacheCounters;
use crate::revision::RevisionTokens;
use crate::sessions::{Gone, Session, Sessions};
use crate::views::{Catalog, View};

/// The options of a cache.
pub struct CacheOptions {
    /// The most memory that the cache may take, in bytes.
    pub limit: usize,
    /// The counters of the cache.
    pub counters: Arc<CacheCounters>,
}

/// The memory of a node. The follower applies the event log to it.
pub struct Memory<S: Session, V: View> {
    /// The sessions of keys.
    pub sessions: Arc<Sessions<S>>,
    /// The views of all audiences.
    pub catalog: Arc<Catalog<V>>,
    /// The models in the database. Changes go through it.
    pub models: Arc<dyn ModelRepository>,
    /// The tokens that clients get for revisions.
    pub tokens: Arc<RevisionTokens>,
}

impl<S: Session, V: View> Memory<S, V> {
    /// Empty memory for these keys and models. The caches insert nothing before [`begin_epoch`](Follower::begin_epoch) has named
    /// an epoch.
    #[must_use]
    pub fn new(
        credentials: Arc<dyn CredentialRepository>,
        models: Arc<dyn ModelRepository>,
        token_secret: [u8; 16],
        sessions: CacheOptions,
        views: CacheOptions,
    ) -> Self {
        let tokens = Arc::new(RevisionTokens::new(token_secret));
        let sessions = Sessions::new(credentials, sessions.limit, sessions.counters);
        let catalog = Catalog::new(models.clone(), tokens.clone(), views.limit, views.counters);
        Self {
            sessions: Arc::new(sessions),
            catalog: Arc::new(catalog),
            models,
            tokens,
        }
    }
}

impl<S: Session, V: View> Clone for Memory<S, V> {
    fn clone(&self) -> Self {
        Self {
            sessions: self.sessions.clone(),
            catalog: self.catalog.clone(),
            models: self.models.clone(),
            tokens: self.tokens.clone(),
        }
    }
}

impl<S: Session, V: View> Follower for Memory<S, V> {
    fn apply(&self, events: &[Event]) {
        if let Some(gone) = Gone::of(events) {
            self.sessions.drop_keys(&gone);
        }
        self.catalog.apply(events);
    }

    fn invalidate(&self) {
        self.sessions.invalidate();
        self.catalog.invalidate();
    }

    fn begin_epoch(&self, epoch: &Epoch) {
        self.sessions.begin_epoch(epoch);
        self.catalog.begin_epoch(epoch);
        self.tokens.begin(epoch);
    }
}

#[cfg(test)]
mod tests;
