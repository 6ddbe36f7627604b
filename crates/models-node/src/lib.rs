//! The application layer: the memory of a node, the consistency protocol between nodes, and the use cases.
//!
//! This crate knows neither SQL nor HTTP. [`Nodes`] is a process's part in the consistency protocol: the barrier at which its
//! changes wait, and its own node if it becomes one. The module [`follower`] describes the protocol.

#![warn(missing_docs)]

mod audit_ids;
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

pub use audit_ids::AuditIds;
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
