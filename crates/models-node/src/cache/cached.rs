//! What a cache can hold.

use std::sync::Arc;

use crate::lease::clock::BootTime;

/// A value that a cache can hold.
pub trait Cached: Sized {
    /// How much memory a key takes beside its place in the map, in bytes: where it is a text, that text.
    const KEY: usize = 0;

    /// What events do to it.
    type Change: Clone;

    /// How much memory it takes, in bytes.
    fn weight(&self) -> usize;

    /// How much of its weight [`shed`](Self::shed) would free, in bytes.
    fn spare(&self) -> usize {
        0
    }

    /// Frees what can be made again without the database.
    fn shed(&self) {}

    /// The value after these changes, the oldest first. `None` where it cannot be told from this value.
    fn changed(value: &Arc<Self>, changes: &[Self::Change]) -> Option<Arc<Self>>;

    /// Whether the value is too old to be served at this time, though no event has touched it.
    fn is_expired(&self, _: BootTime) -> bool {
        false
    }
}
