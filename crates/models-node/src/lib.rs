//! The application layer: what a node keeps in memory, and when it may serve from it.
//!
//! Nothing here knows SQL or HTTP.

#![warn(missing_docs)]

mod cache;
mod clock;
mod lease;
pub mod pause;
mod revision;
mod sessions;
mod views;

pub use cache::CacheCounters;
pub use clock::{BootTime, Clock, ManualClock};
pub use lease::{HeldLease, Lease, Released};
pub use revision::{Demand, RevisionToken, RevisionTokens};
pub use sessions::{KeyRefusal, Session, Sessions};
pub use views::{Catalog, Newest, View};
