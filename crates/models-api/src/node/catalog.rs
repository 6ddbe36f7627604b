//! What a caller is shown of the catalog, as the bytes of the wire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use models_core::{
    Attempt, Audience, Candidates, Change, Deletion, Epoch, Event, Model, ModelId, ModelRepository,
    OrganizationId, Principal, RepositoryError, Revision, Scope, Snapshot, Timestamp, visibility,
};
use models_node::{Cache, HeldLease};
use prometheus::IntCounterVec;
use tokio::sync::Semaphore;

use crate::dialects::openai::view::{Deletions, Newest, View};
use crate::http::coding::{Accepted, Coding};
use crate::http::representation::Representation;
use crate::node::revision::RevisionTokens;
use crate::server::metrics::Metrics;

/// To render more models than this takes so long that others would wait for it.
const MANY: usize = 500;

/// A view that is gone after this time is not worth encoding.
const SETTLING: Duration = Duration::from_millis(100);

/// The models, as each principal may see them. Today all keys of an organization see the same.
pub struct Catalog {
    models: Arc<dyn ModelRepository>,
    rendering: Arc<Rendering>,
    views: Arc<Cache<OrganizationId, View>>,
    /// Encoding takes a whole core for a while.
    encoding: Arc<Semaphore>,
    encodings: IntCounterVec,
}

impl Catalog {
    /// Shows these models, and keeps up to so many bytes in memory.
    #[must_use]
    pub(crate) fn new(
        models: Arc<dyn ModelRepository>,
        tokens: Arc<RevisionTokens>,
        limit: usize,
        metrics: &Metrics,
    ) -> Self {
        Self {
            models,
            rendering: Arc::new(Rendering {
                tokens,
                public: Mutex::default(),
            }),
            views: Arc::new(Cache::new(limit, metrics.views.clone())),
            encodings: metrics.encodings.clone(),
            encoding: Arc::new(Semaphore::new(1)),
        }
    }

    /// The principal's view, and the lease under which it may be shown; `acquire` acquires the node's lease.
    pub(crate) async fn view(
        &self,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        principal: &Principal,
    ) -> Result<(HeldLease, Arc<View>), RepositoryError> {
        let held = acquire()?;
        if let Some(view) = self.remember(&held, principal) {
            return Ok((held, view));
        }
        let read = || self.read(principal);
        let id = &principal.organization_id;
        self.views.get_or_read(id, acquire, read).await
    }

    /// The principal's view, if it is in memory.
    pub(crate) fn remember(&self, held: &HeldLease, principal: &Principal) -> Option<Arc<View>> {
        self.views.get(held, &principal.organization_id)
    }

    /// The list of this view of the principal's, in the best coding that there is for the client.
    /// One that would be better is made aside, for the next one who asks.
    pub(crate) fn list(
        &self,
        principal: &Principal,
        view: &Arc<View>,
        accepted: Accepted,
    ) -> Representation {
        let (representation, wanted) = view.list().choose(accepted);
        if let Some(coding) = wanted {
            self.encode(&principal.organization_id, view, coding);
        }
        representation
    }

    /// One list is encoded at a time, and only one that is still shown after a while.
    fn encode(&self, id: &OrganizationId, view: &Arc<View>, coding: Coding) {
        let (views, encoding, id) = (self.views.clone(), self.encoding.clone(), id.clone());
        let (view, encodings) = (Arc::downgrade(view), self.encodings.clone());
        actix_web::rt::spawn(async move {
            tokio::time::sleep(SETTLING).await;
            let Some(view) = view.upgrade() else { return };
            let Ok(_alone) = encoding.try_acquire() else {
                view.list().postpone(coding);
                return;
            };
            encodings.with_label_values(&[coding.name()]).inc();
            let list = view.clone();
            // A panic in it has been reported where it happened.
            let _ = tokio::task::spawn_blocking(move || list.list().encode(coding)).await;
            views.weigh(&id, &view);
        });
    }

    /// Deletes the model, if the principal may.
    pub async fn delete(
        &self,
        principal: &Principal,
        id: &ModelId,
        at: Timestamp,
        attempt: Attempt,
    ) -> Result<Deletion, RepositoryError> {
        self.models
            .delete_as(&principal.key_id, id, at, attempt)
            .await
    }

    async fn read(&self, principal: &Principal) -> Result<Snapshot<Arc<View>>, RepositoryError> {
        let id = &principal.organization_id;
        let Snapshot { position, value } = self.models.list_candidates(id).await?;
        let (rendering, principal) = (self.rendering.clone(), principal.clone());
        let (epoch, is_many) = (position.epoch.clone(), value.models.len() > MANY);
        let render = move || rendering.view(&principal, &epoch, value);
        let value = if is_many {
            let rendered = tokio::task::spawn_blocking(render).await;
            rendered.map_err(|error| RepositoryError::Failed(error.into()))??
        } else {
            render()?
        };
        Ok(Snapshot { position, value })
    }

    /// Shows nothing any more that these changes have made untrue.
    pub(crate) fn apply(&self, events: &[Event]) {
        // None where it is not just deletions: what becomes of a view then cannot be told from it.
        let mut changes: HashMap<&OrganizationId, Option<Vec<_>>> = HashMap::new();
        for event in events {
            match (event.change.scope(), &event.change) {
                (None, _) => {}
                (Some(Scope::Public), _) => return self.views.remove_where(|_, _| true),
                (Some(Scope::Organization(id)), Change::ModelDeleted(model)) => {
                    let deleted = changes.entry(id).or_insert_with(|| Some(vec![]));
                    if let Some(ids) = deleted {
                        ids.push((event.revision, model.id.clone()));
                    }
                }
                (Some(Scope::Organization(id)), _) => drop(changes.insert(id, None)),
            }
        }
        for (id, deleted) in changes {
            match deleted {
                Some(ids) => self.views.change(id, self.rendering.deletions(ids)),
                None => self.views.remove(id),
            }
        }
    }

    pub(crate) fn invalidate(&self) {
        self.views.invalidate();
    }

    #[cfg(test)]
    pub(crate) fn evict(&self, principal: &Principal) {
        self.views.remove(&principal.organization_id);
    }

    pub(crate) fn forget(&self, epoch: &Epoch) {
        self.views.forget(epoch);
    }
}

/// Makes views.
struct Rendering {
    tokens: Arc<RevisionTokens>,
    /// The view of the public models, as long as somebody has it.
    public: Mutex<Weak<View>>,
}

impl Rendering {
    /// What the principal sees of these.
    fn view(
        &self,
        principal: &Principal,
        epoch: &Epoch,
        candidates: Candidates,
    ) -> Result<Arc<View>, RepositoryError> {
        let Candidates {
            models,
            public_revision,
            own_revision,
        } = candidates;
        let all = models.iter().filter(|model| is_public(model)).count();
        let models = visibility::list(&Audience::from(principal), &models);
        let newest = |revision| Newest {
            revision,
            token: self.tokens.token(epoch, revision),
        };
        let public = models.iter().copied().filter(|model| is_public(model));
        let shown = public.clone().count();
        // Who is not shown all public models has none of them in common with others.
        let public = (shown == all).then(|| self.public(public, &newest(public_revision)));
        match public.transpose()? {
            Some(public) if own_revision == Revision(0) && shown == models.len() => Ok(public),
            public => {
                let newest = newest(public_revision.max(own_revision));
                View::new(models.into_iter(), &newest, public).map(Arc::new)
            }
        }
    }

    fn deletions(&self, ids: Vec<(Revision, ModelId)>) -> Deletions {
        let revision = ids.last().map_or(Revision(0), |(revision, _)| *revision);
        Deletions {
            newest: Newest {
                revision,
                token: self.tokens.present_token(revision),
            },
            ids,
        }
    }

    /// The view of the public models, which all who see them have in common.
    fn public<'a>(
        &self,
        models: impl Iterator<Item = &'a Model> + Clone,
        newest: &Newest,
    ) -> Result<Arc<View>, RepositoryError> {
        let lock = || self.public.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = lock().upgrade();
        let is_same =
            |view: &Arc<View>| view.revision() == newest.token && view.shows_just(models.clone());
        if let Some(shared) = shared.filter(is_same) {
            return Ok(shared);
        }
        let view = Arc::new(View::shared(models, newest)?);
        *lock() = Arc::downgrade(&view);
        Ok(view)
    }
}

fn is_public(model: &Model) -> bool {
    model.scope == Scope::Public
}
