//! From what the database has for an audience to its view.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use models_core::{
    Audience, Candidates, Epoch, Model, ModelId, RepositoryError, Revision, Scope, visibility,
};

use super::change::{Deletions, Newest};
use super::view::View;
use crate::revision::{RevisionToken, RevisionTokens};

/// Makes views.
pub(super) struct Rendering<V> {
    tokens: Arc<RevisionTokens>,
    /// The view of the public models at this revision, as long as somebody has it.
    public: Mutex<Option<(RevisionToken, Weak<V>)>>,
}

impl<V: View> Rendering<V> {
    pub(super) fn new(tokens: Arc<RevisionTokens>) -> Self {
        Self {
            tokens,
            public: Mutex::default(),
        }
    }

    /// What the audience sees of these.
    pub(super) fn view(
        &self,
        audience: &Audience,
        epoch: &Epoch,
        candidates: &Candidates,
    ) -> Result<Arc<V>, RepositoryError> {
        let Candidates {
            models,
            public_revision,
            own_revision,
        } = candidates;
        let all = models.iter().filter(|model| is_public(model)).count();
        let models = visibility::list(audience, models);
        let newest = |revision| Newest {
            revision,
            token: self.tokens.token(epoch, revision),
        };
        let public = models.iter().copied().filter(|model| is_public(model));
        let shown = public.clone().count();
        // An audience that does not see all public models has none of them in common with others.
        let public = (shown == all).then(|| self.public(public, &newest(*public_revision)));
        match public.transpose()? {
            Some(public) if *own_revision == Revision(0) && shown == models.len() => Ok(public),
            public => {
                let newest = newest(*public_revision.max(own_revision));
                V::new(models.into_iter(), &newest, public).map(Arc::new)
            }
        }
    }

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

    /// The view of the public models, which all audiences that see all of them have in common.
    fn public<'a>(
        &self,
        models: impl Iterator<Item = &'a Model> + Clone,
        newest: &Newest,
    ) -> Result<Arc<V>, RepositoryError> {
        let lock = || self.public.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = lock()
            .as_ref()
            .filter(|(token, _)| *token == newest.token)
            .and_then(|(_, shared)| shared.upgrade());
        if let Some(shared) = shared.filter(|view| view.shows_just(models.clone())) {
            return Ok(shared);
        }
        let view = Arc::new(V::shared(models, newest)?);
        *lock() = Some((newest.token, Arc::downgrade(&view)));
        Ok(view)
    }
}

fn is_public(model: &Model) -> bool {
    model.scope == Scope::Public
}
