//! What a node must know of the log to serve from memory.
//!
//! The protocol is written down where it is carried out, in the crate `models-node`.

use std::time::Duration;

use crate::event::{Epoch, Event, Revision};

/// The leases that a catalog names for all its processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leases {
    /// The lease in force.
    pub in_force: Duration,
    /// The longest other lease that nodes may still hold; equal to `in_force` when no change is under
    /// way.
    pub previous: Duration,
    /// The revision of the last change of the lease; 0 if it has never been changed.
    pub changed_at: Revision,
}

impl Leases {
    /// The lease for nodes: during a change, the shorter one.
    #[must_use]
    pub fn of_nodes(&self) -> Duration {
        self.in_force.min(self.previous)
    }

    /// The lease that a barrier waits for where it cannot read the nodes' rows: during a change, the
    /// longer one.
    #[must_use]
    pub fn of_barriers(&self) -> Duration {
        self.in_force.max(self.previous)
    }
}

/// What is kept in memory of a catalog, and must not outlive a change to it.
pub trait Follower: Send + Sync {
    /// Changes or drops what these changes touch, and drops what is being read of it at the moment. They
    /// come in the order of the log. When this returns, nothing that they made untrue is shown any more.
    fn apply(&self, events: &[Event]);

    /// Drops everything, also what is being read at the moment. The epoch stays.
    fn invalidate(&self);

    /// Drops everything, also what is being read at the moment, and keeps from now on only what is
    /// read in this epoch.
    fn forget(&self, epoch: &Epoch);
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
