//! Nodes: their rows in the store, the barrier, and the state that a node takes from the event log.

mod barrier;
mod consistency;
mod registry;

pub use self::barrier::{Barrier, Committed};
pub use self::consistency::{Follower, Leases};
pub use self::registry::{CLOCK_MARGIN, CatalogState, NodeRow, Renewal};
