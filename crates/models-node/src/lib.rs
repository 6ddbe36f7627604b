//! The application layer: what a node keeps in memory, and when it may serve from it.
//!
//! Nothing here knows SQL or HTTP. [`Nodes`] is a process's part in the consistency protocol: the
//! barrier of its changes, and its own node if it becomes one. The protocol is written down in
//! [`follower`].

#![warn(missing_docs)]

mod barrier;
mod cache;
pub mod follower;
mod lease;
mod node;
mod nodes;
pub mod pause;
mod revision;
mod sessions;
pub mod use_cases;
mod views;

#[cfg(test)]
mod fake;

pub use cache::CacheCounters;
pub use follower::Following;
pub use lease::clock::{BootTime, Clock, ManualClock};
pub use lease::{HeldLease, Lease, Released};
pub use node::Node;
pub use node::memory::{CacheOptions, Memory};
pub use nodes::Nodes;
pub use nodes::observer::Observer;
pub use revision::{Demand, RevisionToken, RevisionTokens};
pub use sessions::{KeyRefusal, Session, Sessions};
pub use views::{Catalog, MANY_MODELS, Newest, View};
