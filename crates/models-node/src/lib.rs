//! The application layer: what a node keeps in memory, and when it may serve from it.
//!
//! Nothing here knows SQL or HTTP. [`Nodes`] is a process's part in the consistency protocol: the
//! barrier of its changes, and its own node if it becomes one. The protocol is written down in
//! [`follower`].

#![warn(missing_docs)]

mod barrier;
mod cache;
mod clock;
mod expiry;
pub mod follower;
mod lease;
mod memory;
mod node;
mod nodes;
mod observer;
pub mod pause;
mod revision;
mod sessions;
mod settling;
pub mod use_cases;
mod views;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod fake_keys;
#[cfg(test)]
mod fake_models;

pub use cache::CacheCounters;
pub use clock::{BootTime, Clock, ManualClock};
pub use follower::Following;
pub use lease::{HeldLease, Lease, Released};
pub use memory::{CacheOptions, Memory};
pub use node::Node;
pub use nodes::Nodes;
pub use observer::Observer;
pub use revision::{Demand, RevisionToken, RevisionTokens};
pub use sessions::{KeyRefusal, Session, Sessions};
pub use views::{Catalog, MANY_MODELS, Newest, View};
