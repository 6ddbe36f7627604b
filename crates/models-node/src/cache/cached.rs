//! The values of a cache.

use std::sync::Arc;

use crate::lease::clock::BootTime;

/// A value that a cache can hold.
pub trait Cached: Sized {
    /// The memory that a key takes outside the map, in bytes. A key with a text takes the length of that text.
    const KEY: usize = 0;

    /// The change that an event makes to a value.
    type Change: Clone;

    /// The memory that the value takes, in bytes.
    fn size(&self) -> usize;

    /// The part of the size that [`shed`](Self::shed) would free, in bytes.
    fn spare(&self) -> usize {
        0
    }

    /// Frees the parts of the value that can be made again without the database.
    fn shed(&self) {}

    /// The value after these changes, the oldest first. `None` if the result does not follow from this value: the cache then
    /// drops the value.
    fn changed(value: &Arc<Self>, changes: &[Self::Change]) -> Option<Arc<Self>>;

    /// Whether the value has expired at this time. An expired value is a miss.
    fn is_expired(&self, _: BootTime) -> bool {
        false
    }
}
