//! What the service keeps for an audience.

use std::sync::Arc;

use models_core::{Model, RepositoryError, Revision};

use super::change::{Deletions, Newest};
use crate::cache::Cached;

/// What an audience sees, ready to be sent.
pub trait View: Send + Sync + Sized + 'static {
    /// Renders these models in this order, each of another id. What `public` has is taken from there; it
    /// has no model of another id.
    fn new<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
        public: Option<Arc<Self>>,
    ) -> Result<Self, RepositoryError>;

    /// Renders public models in this order, for all audiences that see just these of them.
    fn shared<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
    ) -> Result<Self, RepositoryError>;

    /// Whether it shows these models in this order, and no others.
    fn shows_just<'a>(&self, models: impl Iterator<Item = &'a Model>) -> bool;

    /// The view after the organization's own models of these ids have been deleted. `None` where that cannot
    /// be told from it.
    fn without(&self, ids: &[&str], newest: &Newest) -> Option<Self>;

    /// The newest change that is in it.
    fn newest(&self) -> Revision;

    /// How much memory it takes, in bytes. A shared view takes none: there is one for all who see it.
    fn weight(&self) -> usize;
}

impl<V: View> Cached for V {
    /// An organization's id.
    const KEY: usize = 64;

    type Change = Deletions;

    fn weight(&self) -> usize {
        View::weight(self)
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
