//! What the service keeps for an audience.

use std::sync::Arc;

use models_core::{Model, RepositoryError, Revision};

use super::change::{Deletions, Newest};
use crate::cache::Cached;

/// More models than this are rendered, and put together to a list, on threads of their own: on that of a request,
/// others would wait too long.
pub const MANY_MODELS: usize = 500;

/// What an audience sees, ready to be sent.
pub trait View: Send + Sync + Sized + 'static {
    /// Renders these models in this order, each of another id. Public models are taken from their common view. That
    /// has all public models in the same order, also those that the audience does not see.
    fn new<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
        public: Arc<Self>,
    ) -> Result<Self, RepositoryError>;

    /// Renders the public models in this order: the view of all audiences that see just these, and a part of all other
    /// views.
    fn of_public<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
    ) -> Result<Self, RepositoryError>;

    /// The view after the organization's own models of these ids have been deleted. `None` where that cannot
    /// be told from it.
    fn without(&self, ids: &[&str], newest: &Newest) -> Option<Self>;

    /// The newest change that is in it.
    fn newest(&self) -> Revision;

    /// How much memory it takes, in bytes. The view of the public models takes none: there is one for all.
    fn weight(&self) -> usize;

    /// How much of its weight [`shed`](Self::shed) would free, in bytes.
    fn spare(&self) -> usize;

    /// Frees what can be made again without the database.
    fn shed(&self);
}

impl<V: View> Cached for V {
    /// An organization's id.
    const KEY: usize = 64;

    type Change = Deletions;

    fn weight(&self) -> usize {
        View::weight(self)
    }

    fn spare(&self) -> usize {
        View::spare(self)
    }

    fn shed(&self) {
        View::shed(self);
    }

    /// Deletions, one by one, do not evict the view: requests for the other models are still served from memory.
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
