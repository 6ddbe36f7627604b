//! The leases of a catalog, and the memory that must follow the event log.
//!
//! The crate `models-node` carries out the protocol and documents it.

use std::time::Duration;

use crate::event::{Epoch, Event, Revision};

/// The leases that a catalog sets for all its processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leases {
    /// The lease in force.
    pub in_force: Duration,
    /// The longest other lease that a node may still hold. It equals `in_force` when no change of
    /// the lease is under way.
    pub previous: Duration,
    /// The revision of the last change of the lease; 0 if there was none.
    pub changed_at: Revision,
}

impl Leases {
    /// The lease for nodes: during a change, the shorter one.
    #[must_use]
    pub fn of_nodes(&self) -> Duration {
        self.in_force.min(self.previous)
    }

    /// The lease that a barrier waits for if it cannot read the nodes' rows: during a change, the
    /// longer one.
    #[must_use]
    pub fn of_barriers(&self) -> Duration {
        self.in_force.max(self.previous)
    }
}

/// Memory that caches a part of the catalog, and that the event log invalidates. Each method also
/// invalidates loads that are in progress.
pub trait Follower: Send + Sync {
    /// Updates or drops the entries that these events touch. The events are in log order. When this
    /// returns, the memory serves nothing that the events made stale.
    fn apply(&self, events: &[Event]);

    /// Drops all entries. The epoch stays.
    fn invalidate(&self);

    /// Drops all entries, and caches from now on only values of this epoch.
    fn begin_epoch(&self, epoch: &Epoch);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn during_a_change_nodes_hold_the_shorter_lease_and_barriers_wait_for_the_longer() {
        let (short, long) = (Duration::from_secs(10), Duration::from_secs(30));
        for (in_force, previous) in [(short, long), (long, short)] {
            let leases = Leases {
                in_force,
                previous,
                changed_at: Revision(1),
            };
            assert_eq!(leases.of_nodes(), short);
            assert_eq!(leases.of_barriers(), long);
        }
    }
}
