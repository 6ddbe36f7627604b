//! The values of a cache.

use std::hash::Hash;
use std::sync::Arc;

use models_core::{Audience, KeyDigest};

use crate::lease::clock::BootTime;

/// A key of a cache.
pub trait CacheKey: Hash + Eq + Clone {
    /// The memory that the key takes outside the map, in bytes.
    fn size(&self) -> usize;
}

impl CacheKey for KeyDigest {
    fn size(&self) -> usize {
        0
    }
}

impl CacheKey for Audience {
    fn size(&self) -> usize {
        /// The id of the organization.
        const ID: usize = 64;
        let policies = self.policies();
        let policies = [&policies.organization, &policies.project];
        let sizes = policies.into_iter().flatten().map(|policy| policy.size());
        ID + sizes.sum::<usize>()
    }
}

/// A value that a cache can hold.
pub trait Cached: Sized {
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
