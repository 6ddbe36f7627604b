//! The application layer: what a node keeps in memory, and when it may serve from it.
//!
//! Nothing here knows SQL or HTTP.

#![warn(missing_docs)]

mod cache;
mod clock;
mod lease;
pub mod pause;
mod sessions;

pub use cache::{Cache, CacheCounters, Cached};
pub use clock::{BootTime, Clock, ManualClock};
pub use lease::{HeldLease, Lease, Released};
pub use sessions::{KeyRefusal, Session, Sessions};
