//! Renders views from what the database has for an audience.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use models_core::{
    Audience, Candidates, Epoch, Model, ModelId, RepositoryError, Revision, Scope, visibility,
};
use tokio::sync::OnceCell;

use super::change::{Deletions, Newest};
use super::view::{MANY_MODELS, View};
use crate::revision::RevisionTokens;

/// Renders views, and the view of the public models once for all of them.
pub(super) struct Rendering<V> {
    tokens: Arc<RevisionTokens>,
    shared: Mutex<Shared<V>>,
}

/// What all loads share.
struct Shared<V> {
    generation: Generation,
    public: Option<Public<V>>,
}

/// The number of invalidations so far. A load takes it before it reads the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Generation(u64);

/// The view of the newest public models that the node has loaded. All loads of these models share the cell: one of them
/// renders the view, and the others wait for it without a thread.
struct Public<V> {
    of: PublicModels,
    view: Arc<OnceCell<Arc<V>>>,
}

/// A state of the public models. The epoch and the revision identify it, except while a backup is restored table by
/// table: the table of the revision may be complete before that of the models. The number of models tells such a load from
/// the loads after the restore, so that these do not show its view.
#[derive(Clone, PartialEq, Eq)]
struct PublicModels {
    epoch: Epoch,
    revision: Revision,
    count: usize,
}

impl PublicModels {
    fn is_before(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.revision < other.revision
    }
}

impl<V: View> Rendering<V> {
    pub(super) fn new(tokens: Arc<RevisionTokens>) -> Self {
        Self {
            tokens,
            shared: Mutex::new(Shared {
                generation: Generation::default(),
                public: None,
            }),
        }
    }

    /// The present generation. A load takes it before it reads the database.
    pub(super) fn generation(&self) -> Generation {
        self.shared().generation
    }

    /// The audience's view of these candidates, which were read in this epoch, and after the load took this generation.
    pub(super) async fn view(
        &self,
        audience: &Audience,
        generation: Generation,
        epoch: &Epoch,
        candidates: Candidates,
    ) -> Result<Arc<V>, RepositoryError> {
        let candidates = Arc::new(candidates);
        let public = self.public(generation, epoch, &candidates).await?;
        let Candidates {
            public_revision,
            own_revision,
            ..
        } = *candidates;
        let newest = self.newest(epoch, public_revision.max(own_revision));
        let audience = audience.clone();
        render(&candidates, move |candidates| {
            let shown = visibility::list(&audience, &candidates.models);
            let all = candidates.models.iter().filter(|model| is_public(model));
            let is_common = own_revision == Revision(0)
                && shown.len() == all.count()
                && shown.iter().all(|model| is_public(model));
            if is_common {
                return Ok(public);
            }
            V::new(shown.into_iter(), &newest, public).map(Arc::new)
        })
        .await
    }

    /// The change that these deletions make to a view.
    pub(super) fn deletions(&self, ids: Vec<(Revision, ModelId)>) -> Deletions {
        let revision = ids.last().map_or(Revision(0), |(revision, _)| *revision);
        Deletions {
            newest: Newest {
                revision,
                token: self.tokens.present_token(revision),
            },
            ids,
        }
    }

    /// Drops the view of the public models. The next load renders it again.
    pub(super) fn invalidate(&self) {
        let mut shared = self.shared();
        shared.generation.0 += 1;
        shared.public = None;
    }

    /// The view of the public models among these.
    async fn public(
        &self,
        generation: Generation,
        epoch: &Epoch,
        candidates: &Arc<Candidates>,
    ) -> Result<Arc<V>, RepositoryError> {
        let all = candidates.models.iter().filter(|model| is_public(model));
        let of = PublicModels {
            epoch: epoch.clone(),
            revision: candidates.public_revision,
            count: all.count(),
        };
        let cell = self.cell(generation, of);
        let newest = self.newest(epoch, candidates.public_revision);
        let view = cell.get_or_try_init(|| {
            render(candidates, move |candidates| {
                let all = candidates.models.iter().filter(|model| is_public(model));
                V::of_public(all, &newest).map(Arc::new)
            })
        });
        view.await.cloned()
    }

    /// The cell for the view of these public models.
    fn cell(&self, generation: Generation, of: PublicModels) -> Arc<OnceCell<Arc<V>>> {
        let mut shared = self.shared();
        // A load that began before an invalidation may have read models that the catalog does not have. After a restore, a
        // later state can have the same revision.
        if shared.generation != generation {
            return Arc::default();
        }
        if let Some(public) = &shared.public {
            if public.of == of {
                return public.view.clone();
            }
            // A slow load must not replace the view that newer loads share.
            if of.is_before(&public.of) {
                return Arc::default();
            }
        }
        let view = Arc::default();
        shared.public = Some(Public {
            of,
            view: Arc::clone(&view),
        });
        view
    }

    fn newest(&self, epoch: &Epoch, revision: Revision) -> Newest {
        Newest {
            revision,
            token: self.tokens.token(epoch, revision),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared<V>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Renders these candidates, on a thread for blocking work if they are [many](MANY_MODELS).
async fn render<V: View>(
    candidates: &Arc<Candidates>,
    render: impl FnOnce(&Candidates) -> Result<Arc<V>, RepositoryError> + Send + 'static,
) -> Result<Arc<V>, RepositoryError> {
    if candidates.models.len() <= MANY_MODELS {
        return render(candidates);
    }
    let candidates = candidates.clone();
    let rendered = tokio::task::spawn_blocking(move || render(&candidates)).await;
    rendered.map_err(|error| RepositoryError::Failed(error.into()))?
}

fn is_public(model: &Model) -> bool {
    model.scope == Scope::Public
}

#[cfg(test)]
mod tests;
