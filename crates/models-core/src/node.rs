//! Nodes: what a store keeps of them, and what they must know of the log.

mod barrier;
mod consistency;
mod registry;

pub use self::barrier::{Barrier, Committed};
pub use self::consistency::{Follower, Leases};
pub use self::registry::{CLOCK_MARGIN, CatalogState, NodeRow, Renewal};
