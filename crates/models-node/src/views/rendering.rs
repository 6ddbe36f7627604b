//! From what the database has for an audience to its view.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use models_core::{
    Audience, Candidates, Epoch, Model, ModelId, RepositoryError, Revision, Scope, visibility,
};

use super::change::{Deletions, Newest};
use super::view::View;
use crate::revision::RevisionTokens;

/// Makes views.
pub(super) struct Rendering<V> {
    tokens: Arc<RevisionTokens>,
    shared: Mutex<Option<Shared<V>>>,
}

/// The view of the public models, as long as somebody has it.
struct Shared<V> {
    of: PublicModels,
    view: Weak<V>,
}

/// A state of the public models. While a backup is being restored, the database may have the newest revision before it
/// has all models: their number tells these states apart.
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
            shared: Mutex::default(),
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
        let of = PublicModels {
            epoch: epoch.clone(),
            revision: *public_revision,
            count: all_public.clone().count(),
        };
        let is_common = shows_just_public && shown.len() == of.count;
        let public = self.public(all_public, of, &newest(*public_revision))?;
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

    /// The view of the public models, which all audiences share.
    fn public<'a>(
        &self,
        models: impl Iterator<Item = &'a Model>,
        of: PublicModels,
        newest: &Newest,
    ) -> Result<Arc<V>, RepositoryError> {
        let found = self.shared().as_ref().and_then(|shared| shared.get(&of));
        if let Some(view) = found {
            return Ok(view);
        }
        // Without the lock: it takes a while, and others load views of their own meanwhile.
        let view = Arc::new(V::of_public(models, newest)?);
        let mut shared = self.shared();
        if let Some(present) = &*shared {
            if let Some(same) = present.get(&of) {
                return Ok(same);
            }
            // Loads since then share the newer one.
            if of.is_before(&present.of) && present.view.strong_count() > 0 {
                return Ok(view);
            }
        }
        *shared = Some(Shared {
            of,
            view: Arc::downgrade(&view),
        });
        Ok(view)
    }

    fn shared(&self) -> MutexGuard<'_, Option<Shared<V>>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Shared<V> {
    /// The view, if it is of these models.
    fn get(&self, of: &PublicModels) -> Option<Arc<V>> {
        let view = (self.of == *of).then(|| self.view.upgrade());
        view.flatten()
    }
}

fn is_public(model: &Model) -> bool {
    model.scope == Scope::Public
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;

    use super::*;
    use crate::fake::keys::epoch;
    use crate::fake::models::{Shown, audience, model};

    fn rendering() -> Rendering<Shown> {
        Rendering::new(Arc::new(RevisionTokens::new([7; 16])))
    }

    /// What an audience without own models sees at this revision, of so many public models.
    fn load(rendering: &Rendering<Shown>, revision: i64, count: usize) -> Arc<Shown> {
        let ids = (0..count).map(|number| format!("public-{number}"));
        let candidates = Candidates {
            models: ids.map(|id| model(&id, None)).collect(),
            public_revision: Revision(revision),
            own_revision: Revision(0),
        };
        let view = rendering.view(&audience(1), &epoch(), &candidates);
        view.unwrap()
    }

    /// Renders one public model at revision 3, and has another load come while that is done.
    fn render_while(
        rendering: &Rendering<Shown>,
        other: impl Fn() -> Arc<Shown>,
    ) -> (Arc<Shown>, Arc<Shown>) {
        let (public, loaded) = (model("public-0", None), OnceCell::new());
        let models = [&public].into_iter().inspect(|_| {
            loaded.get_or_init(&other);
        });
        let of = PublicModels {
            epoch: epoch(),
            revision: Revision(3),
            count: 1,
        };
        let newest = Newest {
            revision: Revision(3),
            token: rendering.tokens.token(&epoch(), Revision(3)),
        };
        let view = rendering.public(models, of, &newest).unwrap();
        (view, loaded.into_inner().unwrap())
    }

    #[test]
    fn loads_at_once_share_one_view_of_the_public_models() {
        let rendering = rendering();
        let (slow, quick) = render_while(&rendering, || load(&rendering, 3, 1));
        assert!(Arc::ptr_eq(&slow, &quick));
    }

    #[test]
    fn a_slow_load_of_an_older_revision_does_not_replace_a_newer_view() {
        let rendering = rendering();
        let (slow, quick) = render_while(&rendering, || load(&rendering, 4, 2));
        assert_eq!(slow.newest.revision, Revision(3));
        assert!(Arc::ptr_eq(&quick, &load(&rendering, 4, 2)));
        // One that nobody has any more is replaced.
        drop(quick);
        let older = load(&rendering, 3, 1);
        assert!(Arc::ptr_eq(&older, &load(&rendering, 3, 1)));
    }

    #[test]
    fn a_view_with_an_own_model_is_never_the_shared_one() {
        let rendering = rendering();
        let public = load(&rendering, 3, 1);
        let candidates = Candidates {
            models: vec![model("public-0", Some(1)), model("public-0", None)],
            public_revision: Revision(3),
            own_revision: Revision(0),
        };
        let view = rendering.view(&audience(1), &epoch(), &candidates);
        assert!(!Arc::ptr_eq(&view.unwrap(), &public));
    }

    #[test]
    fn a_view_of_a_part_of_the_public_models_is_not_shared_with_loads_of_all() {
        let rendering = rendering();
        let part = load(&rendering, 3, 1);
        let all = load(&rendering, 3, 2);
        assert_eq!((part.ids.len(), all.ids.len()), (1, 2));
        assert!(Arc::ptr_eq(&all, &load(&rendering, 3, 2)));
    }
}
