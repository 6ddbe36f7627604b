//! This process as a node: what it keeps in memory of the catalog, as long as it may.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use actix_http::header::HeaderMap;
use models_core::{
    ApiKeyId, ApiKeyRepository, Change, Epoch, Event, Follower, ModelRepository, RepositoryError,
    Revision,
};
use models_node::pause::{Point, pause};
use models_node::{
    BootTime, Catalog, Clock, Following, HeldLease, Released, RevisionToken, RevisionTokens,
    Sessions,
};
use tokio::task::AbortHandle;

use crate::access::session::Session;
use crate::dialects::openai::error::ApiError;
use crate::dialects::openai::view::View;
use crate::http::revision::{X_MODELS_MIN_REVISION, demands_newest};
use crate::server::metrics::Metrics;
use crate::settings::CacheSettings;
use crate::store::Store;

/// A node of the catalog, following its log.
#[derive(Clone)]
pub struct Node {
    /// Knows the keys.
    pub(crate) authenticator: Arc<Sessions<Session>>,
    /// Shows the models.
    pub(crate) catalog: Arc<Catalog<View>>,
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
        let metrics =
            Metrics::new(store.kind).map_err(|error| RepositoryError::Failed(error.into()))?;
        store.observe(metrics.clone());
        store.nodes.observe(metrics.clone());
        store.nodes.observe(metrics.clone());
        let secret = store.events.token_secret().await?;
        let memory = Memory::new(
            store.api_keys.clone(),
            store.models.clone(),
            secret,
            cache,
            &metrics,
        );
        let following = store.nodes.follow(Arc::new(memory.clone())).await?;
        Ok(Self::new(memory, metrics, following))
    }

    /// A node with this memory, which may serve from it as long as it is following.
    pub(crate) fn new(memory: Memory, metrics: Arc<Metrics>, following: Following) -> Self {
        let Memory {
            authenticator,
            catalog,
            tokens,
        } = memory;
        let recording = tokio::spawn(record_uses(authenticator.clone())).abort_handle();
        Self {
            authenticator,
            catalog,
            tokens,
            metrics,
            following,
            recording,
        }
    }

    /// The clock that the lease is counted on.
    pub(crate) fn clock(&self) -> &Clock {
        self.following.clock()
    }

    /// Acquires the lease, if it ran at this time, at which the request was here already.
    pub(crate) fn hold_at(&self, now: BootTime) -> Option<HeldLease> {
        pause(Point::Hold);
        self.following.hold_at(now)
    }

    /// Acquires the lease. `Unavailable` if it has run out.
    pub(crate) fn hold(&self) -> Result<HeldLease, RepositoryError> {
        pause(Point::Hold);
        self.following.hold().ok_or_else(run_out)
    }

    /// Lets something be sent that was read from memory under this lease. `Unavailable` once that lease
    /// has ended. This is the only way from memory to a response.
    pub(crate) fn release<T>(
        &self,
        held: HeldLease,
        value: T,
    ) -> Result<Released<T>, RepositoryError> {
        pause(Point::Release);
        self.following.release(held, value).ok_or_else(run_out)
    }

    /// Whether the node may serve from memory.
    pub(crate) fn has_lease(&self) -> bool {
        self.following.hold().is_some()
    }

    /// The token of a revision of the history that memory is in.
    pub(crate) fn token(&self, revision: Revision) -> RevisionToken {
        self.tokens.present_token(revision)
    }

    /// Sees to it that memory is as new as a request demands: with `x-models-min-revision` as that,
    /// with `Cache-Control: no-cache` as the catalog is now. A token of another history, or of none,
    /// is one that memory cannot know to be met, and asks for the newest too.
    pub(crate) async fn meet_demands(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let mut is_met = !demands_newest(headers);
        for token in headers.get_all(X_MODELS_MIN_REVISION) {
            let demand = self
                .tokens
                .read(token.as_bytes())
                .ok_or(ApiError::BadRequest(
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

async fn record_uses(authenticator: Arc<Sessions<Session>>) {
    loop {
        tokio::time::sleep(RECORDING).await;
        if let Err(error) = authenticator.record_uses().await {
            tracing::warn!(%error, "when keys were last used is recorded later");
        }
    }
}

fn run_out() -> RepositoryError {
    RepositoryError::Unavailable(
        "the node's lease has run out: it has not heard from the database for too long".into(),
    )
}

/// What a node has in memory of the catalog.
#[derive(Clone)]
pub(crate) struct Memory {
    authenticator: Arc<Sessions<Session>>,
    catalog: Arc<Catalog<View>>,
    tokens: Arc<RevisionTokens>,
}

impl Memory {
    pub(crate) fn new(
        api_keys: Arc<dyn ApiKeyRepository>,
        models: Arc<dyn ModelRepository>,
        token_secret: [u8; 16],
        cache: &CacheSettings,
        metrics: &Metrics,
    ) -> Self {
        let tokens = Arc::new(RevisionTokens::new(token_secret));
        let authenticator = Sessions::new(api_keys, cache.keys(), metrics.keys.clone());
        let catalog = Catalog::new(models, tokens.clone(), cache.views(), metrics.views.clone());
        Self {
            authenticator: Arc::new(authenticator),
            catalog: Arc::new(catalog),
            tokens,
        }
    }
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
