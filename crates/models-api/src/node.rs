//! This process as a node: what it keeps in memory of the catalog, as long as it may.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use models_core::{ApiKeyId, Change, Epoch, Event, Follower, RepositoryError, Revision};
use models_store::{BootTime, Following, Store};
use tokio::task::AbortHandle;

use crate::authentication::Authenticator;
use crate::catalog::Catalog;
use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::revision::{RevisionTokens, X_MODELS_MIN_REVISION};
use crate::settings::CacheSettings;

/// A node of the catalog, following its log.
#[derive(Clone)]
pub struct Node {
    /// Knows the keys.
    pub(crate) authenticator: Arc<Authenticator>,
    /// Shows the models.
    pub(crate) catalog: Arc<Catalog>,
    tokens: Arc<RevisionTokens>,
    /// What is measured of it.
    pub(crate) metrics: Arc<Metrics>,
    following: Following,
    recording: AbortHandle,
}

/// How often it is recorded which keys were used.
const RECORDING: Duration = Duration::from_mins(1);

impl Node {
    /// Begins to follow the log of this store.
    pub async fn enter(cache: &CacheSettings, store: &Store) -> Result<Self, RepositoryError> {
        let metrics = Metrics::new(store).map_err(|error| RepositoryError::Failed(error.into()))?;
        let keys = metrics.keys.clone();
        let authenticator = Authenticator::new(store.api_keys.clone(), cache.keys(), keys);
        let tokens = Arc::new(RevisionTokens::new(store.events.token_secret().await?));
        let catalog = Catalog::new(
            store.models.clone(),
            tokens.clone(),
            cache.views(),
            &metrics,
        );
        let (authenticator, catalog) = (Arc::new(authenticator), Arc::new(catalog));
        let memory = Memory {
            authenticator: authenticator.clone(),
            catalog: catalog.clone(),
            tokens: tokens.clone(),
        };
        let following = store.follow(Arc::new(memory)).await?;
        let recording = tokio::spawn(record_uses(authenticator.clone())).abort_handle();
        Ok(Self {
            authenticator,
            catalog,
            tokens,
            metrics,
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

    /// The token of a revision of the history that memory is in.
    pub(crate) fn token(&self, revision: Revision) -> HeaderValue {
        self.tokens.present_token(revision)
    }

    /// Sees to it that memory is as new as a request demands: with `x-models-min-revision` as that,
    /// with `Cache-Control: no-cache` as the catalog is now. A token of another history, or of none,
    /// is one that memory cannot know to be met, and asks for the newest too.
    pub(crate) async fn meet_demands(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let mut is_met = !headers.get_all(CACHE_CONTROL).any(says_no_cache);
        for token in headers.get_all(X_MODELS_MIN_REVISION) {
            let demand = self.tokens.read(token).ok_or(ApiError::BadRequest(
                "X-Models-Min-Revision must be what an answer had as X-Models-Revision.",
            ))?;
            is_met &= self.tokens.is_met(&demand, self.following.applied());
        }
        if !is_met {
            self.following.catch_up().await?;
        }
        Ok(())
    }

    /// The catalog's level, if it is above the one that this program supports. The node then serves nothing
    /// until its program is replaced.
    pub(crate) fn needed_level(&self) -> Option<i64> {
        self.following.needed_level().map(|level| level.0)
    }

    /// How many revisions it has seen and does not know of yet.
    pub(crate) fn lag(&self) -> i64 {
        self.following.lag()
    }

    /// For how much longer what it knows may be told, if the database stays silent.
    pub(crate) fn lease_remaining(&self) -> Duration {
        self.following.lease_remaining()
    }

    /// How long ago the database last answered.
    pub(crate) fn silence(&self) -> Duration {
        self.following.silence()
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

fn says_no_cache(value: &HeaderValue) -> bool {
    let mut directives = value.as_bytes().split(|byte| *byte == b',');
    directives.any(|directive| directive.trim_ascii().eq_ignore_ascii_case(b"no-cache"))
}

struct Memory {
    authenticator: Arc<Authenticator>,
    catalog: Arc<Catalog>,
    tokens: Arc<RevisionTokens>,
}

impl Follower for Memory {
    fn apply(&self, events: &[Event]) {
        let mut gone: HashSet<&ApiKeyId> = HashSet::new();
        let mut is_any_new = false;
        for event in events {
            match &event.change {
                Change::OrganizationCreated(_)
                | Change::ModelCreated(_)
                | Change::ModelUpdated { .. }
                | Change::ModelDeleted(_)
                | Change::LeaseUpdated { .. } => {}
                Change::ApiKeyCreated(_) => is_any_new = true,
                Change::ApiKeyDeleted(key) => {
                    gone.insert(&key.id);
                }
            }
        }
        if is_any_new || !gone.is_empty() {
            self.authenticator.drop_keys(&gone);
        }
        self.catalog.apply(events);
    }

    fn invalidate(&self) {
        self.authenticator.invalidate();
        self.catalog.invalidate();
    }

    fn forget(&self, epoch: &Epoch) {
        self.authenticator.forget(epoch);
        self.catalog.forget(epoch);
        self.tokens.begin(epoch);
    }
}
