//! The catalog, as each audience sees it.

use std::collections::HashMap;
use std::sync::Arc;

use models_core::visibility::{Effect, Reach, effect_on, reach_of};
use models_core::{Audience, Epoch, Event, ModelRepository, RepositoryError, Snapshot};

use super::rendering::Rendering;
use super::view::View;
use crate::cache::{Cache, CacheCounters};
use crate::lease::HeldLease;
use crate::revision::RevisionTokens;

/// The models, as each audience sees them.
pub struct Catalog<V: View> {
    models: Arc<dyn ModelRepository>,
    rendering: Rendering<V>,
    views: Cache<Audience, V>,
}

impl<V: View> Catalog<V> {
    /// Views of these models; up to so many bytes of them stay in memory.
    #[must_use]
    pub fn new(
        models: Arc<dyn ModelRepository>,
        tokens: Arc<RevisionTokens>,
        limit: usize,
        counters: Arc<CacheCounters>,
    ) -> Self {
        Self {
            models,
            rendering: Rendering::new(tokens),
            views: Cache::new(limit, counters),
        }
    }

    /// The audience's view, and the lease under which it may be shown; `acquire` acquires the node's lease.
    pub async fn view(
        &self,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        audience: &Audience,
    ) -> Result<(HeldLease, Arc<V>), RepositoryError> {
        let held = acquire()?;
        if let Some(view) = self.remember(&held, audience) {
            return Ok((held, view));
        }
        let read = || self.read(audience);
        self.views.get_or_read(audience, acquire, read).await
    }

    /// The audience's view, if it is in memory.
    #[must_use]
    pub fn remember(&self, held: &HeldLease, audience: &Audience) -> Option<Arc<V>> {
        self.views.get(held, audience)
    }

    /// Weighs the audience's view anew, if it is this one. It has grown.
    pub fn weigh(&self, audience: &Audience, view: &Arc<V>) {
        self.views.weigh(audience, view);
    }

    async fn read(&self, audience: &Audience) -> Result<Snapshot<Arc<V>>, RepositoryError> {
        let id = audience.organization_id();
        let Snapshot { position, value } = self.models.list_candidates(id).await?;
        let view = self.rendering.view(audience, &position.epoch, value);
        let value = view.await?;
        Ok(Snapshot { position, value })
    }

    /// Changes or drops each view that these events have made untrue.
    pub fn apply(&self, events: &[Event]) {
        // None where it is not just deletions: the view after them then cannot be told from the one before.
        let mut changes: HashMap<Audience, Option<Vec<_>>> = HashMap::new();
        for Event {
            revision, change, ..
        } in events
        {
            let audience = match reach_of(change) {
                Reach::Nobody => continue,
                Reach::Everybody => return self.invalidate(),
                Reach::One(audience) => audience,
            };
            match effect_on(change, &audience) {
                Effect::Nothing => {}
                Effect::Put(_) => drop(changes.insert(audience, None)),
                Effect::Remove(model) => {
                    let deleted = changes.entry(audience).or_insert_with(|| Some(vec![]));
                    if let Some(ids) = deleted {
                        ids.push((*revision, model.id.clone()));
                    }
                }
            }
        }
        for (audience, deleted) in changes {
            match deleted {
                Some(ids) => self.views.change(&audience, self.rendering.deletions(ids)),
                None => self.views.remove(&audience),
            }
        }
    }

    /// Drops everything. The epoch stays.
    pub fn invalidate(&self) {
        self.rendering.invalidate();
        self.views.invalidate();
    }

    /// Drops everything, and keeps from now on only what is read in this epoch.
    pub fn forget(&self, epoch: &Epoch) {
        self.rendering.invalidate();
        self.views.forget(epoch);
    }

    /// Drops the audience's view.
    #[cfg(any(test, feature = "pause-points"))]
    pub fn evict(&self, audience: &Audience) {
        self.views.remove(audience);
    }
}
