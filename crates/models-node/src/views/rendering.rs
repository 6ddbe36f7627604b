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
        let newest = |revision| Newest {
            revision,
            token: self.tokens.token(epoch, revision),
        };
        // The candidates are in the order of a list.
        let all_public = models.iter().filter(|model| is_public(model));
        let shown = visibility::list(audience, models);
        let shows_just_public = shown.iter().all(|model| is_public(model));
        let is_common = shows_just_public && shown.len() == all_public.clone().count();
        let public = self.public(all_public, &newest(*public_revision))?;
        if is_common && *own_revision == Revision(0) {
            return Ok(public);
        }
        let newest = newest(*public_revision.max(own_revision));
        V::new(shown.into_iter(), &newest, public).map(Arc::new)
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

    /// The view of the public models, which is rendered once for all audiences.
    fn public<'a>(
        &self,
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
    ) -> Result<Arc<V>, RepositoryError> {
        let lock = || self.public.lock().unwrap_or_else(PoisonError::into_inner);
        // An epoch and a revision name one state of the public models.
        let rendered = lock()
            .as_ref()
            .filter(|(token, _)| *token == newest.token)
            .and_then(|(_, view)| view.upgrade());
        if let Some(view) = rendered {
            return Ok(view);
        }
        let view = Arc::new(V::of_public(models, newest)?);
        *lock() = Some((newest.token, Arc::downgrade(&view)));
        Ok(view)
    }
}

fn is_public(model: &Model) -> bool {
    model.scope == Scope::Public
}
