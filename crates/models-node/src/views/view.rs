//! What an audience sees of the catalog.

use std::sync::Arc;

use models_core::{Model, RepositoryError, Revision};

use super::change::{Deletions, Newest};
use crate::cache::Cached;

/// More models than this are many: the service renders them, and their list, on threads for blocking work. On the thread of
/// a request, other requests would wait too long.
pub const MANY_MODELS: usize = 500;

/// What an audience sees of the catalog, rendered for responses.
pub trait View: Send + Sync + Sized + 'static {
    /// Renders these models in this order. No two of them have the same id. The view takes public models from `public`, which
    /// has all public models in the same order, also those that the audience does not see.
    fn new<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
        public: Arc<Self>,
    ) -> Result<Self, RepositoryError>;

    /// Renders the public models in this order. This is the view of all audiences that see exactly these models, and a part of
    /// all other views.
    fn of_public<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
    ) -> Result<Self, RepositoryError>;

    /// The view after the deletion of the organization's own models with these ids. `None` if it does not follow from this
    /// view.
    fn without(&self, ids: &[&str], newest: &Newest) -> Option<Self>;

    /// The revision of the newest change that the view contains.
    fn newest(&self) -> Revision;

    /// The memory that the view takes, in bytes. The view of the public models counts as none, because all audiences share
    /// it.
    fn size(&self) -> usize;

    /// The part of the size that [`shed`](Self::shed) would free, in bytes.
    fn spare(&self) -> usize;

    /// Frees the parts of the view that can be made again without the database.
    fn shed(&self);
}

impl<V: View> Cached for V {
    type Change = Deletions;

    fn size(&self) -> usize {
        View::size(self)
    }

    fn spare(&self) -> usize {
        View::spare(self)
    }

    fn shed(&self) {
        View::shed(self);
    }

    /// Deletions change the view instead of dropping it, so that requests for the other models remain cache hits.
    fn changed(view: &Arc<Self>, changes: &[Deletions]) -> Option<Arc<Self>> {
        let ids = changes.iter().flat_map(|deletions| &deletions.ids);
        let new = ids.filter(|(revision, _)| *revision > view.newest());
        let new: Vec<&str> = new.map(|(_, id)| id.as_str()).collect();
        match changes.last() {
            Some(last) if !new.is_empty() => view.without(&new, &last.newest).map(Arc::new),
            _ => Some(view.clone()),
        }
    }
}
