//! The catalog in memory: a cache of views.

use std::collections::HashMap;
use std::sync::Arc;

use models_core::visibility::{Effect, Reach, effect_on, reach_of};
use models_core::{
    Audience, Epoch, Event, ModelRepository, OrganizationId, RepositoryError, Snapshot,
};

use super::rendering::Rendering;
use super::view::View;
use crate::cache::{Cache, CacheCounters};
use crate::lease::HeldLease;
use crate::revision::RevisionTokens;

/// The views of all audiences. It loads a view on a miss, and events invalidate it.
pub struct Catalog<V: View> {
    models: Arc<dyn ModelRepository>,
    rendering: Rendering<V>,
    views: Cache<Audience, V>,
}

impl<V: View> Catalog<V> {
    /// Views of these models. The cache takes at most `limit` bytes.
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

    /// The audience's view, loaded from the database on a miss, and the lease under which it may be sent. `acquire` acquires
    /// the node's lease.
    pub async fn view(
        &self,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        audience: &Audience,
    ) -> Result<(HeldLease, Arc<V>), RepositoryError> {
        let held = acquire()?;
        if let Some(view) = self.get(&held, audience) {
            return Ok((held, view));
        }
        let read = || self.read(audience);
        self.views.get_or_load(audience, acquire, read).await
    }

    /// The audience's view; `None` is a miss.
    #[must_use]
    pub fn get(&self, held: &HeldLease, audience: &Audience) -> Option<Arc<V>> {
        self.views.get(held, audience)
    }

    /// Counts the present size of this view, which has grown, if it is still the audience's view.
    pub fn update_size(&self, audience: &Audience, view: &Arc<V>) {
        self.views.update_size(audience, view);
    }

    async fn read(&self, audience: &Audience) -> Result<Snapshot<Arc<V>>, RepositoryError> {
        let id = audience.organization_id();
        let generation = self.rendering.generation();
        let Snapshot { position, value } = self.models.list_candidates(id).await?;
        let view = self
            .rendering
            .view(audience, generation, &position.epoch, value);
        let value = view.await?;
        Ok(Snapshot { position, value })
    }

    /// Invalidates the views that these events touch. Deletions change a view; all other events drop it.
    pub fn apply(&self, events: &[Event]) {
        let mut touched: HashMap<&OrganizationId, Vec<&Event>> = HashMap::new();
        let reaches: Vec<Reach> = events.iter().map(|event| reach_of(&event.change)).collect();
        for (event, reach) in events.iter().zip(&reaches) {
            match reach {
                Reach::Nobody => {}
                Reach::Everybody => return self.invalidate(),
                Reach::Organization(id) => touched.entry(id).or_default().push(event),
            }
        }
        if touched.is_empty() {
            return;
        }
        for audience in self
            .views
            .keys_where(|audience| touched.contains_key(audience.organization_id()))
        {
            if let Some(events) = touched.get(audience.organization_id()) {
                self.apply_to(&audience, events);
            }
        }
    }

    fn apply_to(&self, audience: &Audience, events: &[&Event]) {
        let mut deleted = vec![];
        for Event {
            revision, change, ..
        } in events
        {
            match effect_on(change, audience) {
                Effect::Nothing => {}
                // The new view does not follow from the old one.
                Effect::Put(_) | Effect::Rebuild => return self.views.remove(audience),
                Effect::Remove(model) => deleted.push((*revision, model.id.clone())),
            }
        }
        if !deleted.is_empty() {
            self.views
                .change(audience, self.rendering.deletions(deleted));
        }
    }

    /// Drops all views. The epoch stays.
    pub fn invalidate(&self) {
        self.rendering.invalidate();
        self.views.invalidate();
    }

    /// Drops all views. From now on, the cache inserts only views that were read in this epoch.
    pub fn begin_epoch(&self, epoch: &Epoch) {
        self.rendering.invalidate();
        self.views.begin_epoch(epoch);
    }

    /// Drops the audience's view.
    #[cfg(any(test, feature = "pause-points"))]
    pub fn evict(&self, audience: &Audience) {
        self.views.remove(audience);
    }
}
