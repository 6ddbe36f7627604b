//! A model of the protocol that keeps nodes from serving deleted models, for a model checker.
//!
//! The promise: once a deletion was answered, no request *sent* afterwards is told of the model by
//! any node. A request that overlaps the deletion may be told either.
//!
//! **State.** One model, which is there at first and is deleted once; so the revision is whether
//! it is deleted. A primary, and after a failover the old primary, alone: it can be read, but can
//! commit nothing, as its commits wait for the standby. Each node has its newest epoch, whether it
//! applied the deletion, a cache, a lease, one background task (a renewal or a poll), one fill and
//! one request, and a row in the database. Times are kept as ticks left, so that the run needs no
//! bound on time; all clocks advance alike. Every party may stop at any step: pauses, partitions
//! and lost notifications are steps not taken.
//!
//! **What each party may assume.**
//! - The writer: a row that says "applied" is of a node that dropped the model from its cache and
//!   spoiled every fill under way. A lease that was there at the commit is over a lease later.
//! - The node: while its lease runs, no deletion was answered that it has not applied. Its lease
//!   runs from before it wrote its row, and it read the revision after that, from where it wrote.
//! - The remover: a row not renewed for a lease is of a node without one.
//!
//! **Why it is safe.** Take a request sent after the deletion was answered, and the node's lease
//! as the request begins. The node's row was written before or after the commit.
//! - After: the renewal read the deletion and applied it before the lease was extended.
//! - Before: the barrier saw the row, unless it was removed, and then the lease had ended. It
//!   waited for "applied", which says that the cache is clean, or for a lease, which ended this
//!   one.
//!
//! So the cache is clean when the request begins, and it stays so: a fill opened later reads the
//! deletion, unless it reads from the old primary. If the deletion was committed there, it is seen
//! there. If it was committed after the failover, the node learned of it in the new epoch, and a
//! fill of the old epoch is discarded. For that an epoch is taken over with the first event of it,
//! by a poll too, and never goes back, not even when a node drops all because its row is gone.
//!
//! **What the checks of the lease do.** The first, as the request begins, keeps the promise. The
//! last, before the answer is written, bounds how late an overlapping request can be told of the
//! model. A process paused between that check and the writing makes such an answer later still;
//! this is the one hole, and no request sent after the deletion was answered falls into it.
//!
//! **What the model leaves out.** Clocks that run at different rates (the margin of the barrier
//! is for them), a log that is trimmed, a second deletion, and a restarted node taking a row
//! other than the one it left. Nodes meet only in the barrier, which waits for each of them:
//! one node is checked with all faults together, two with a crash and with a failover.
//!
//! An event that a node does not understand is one that it applies by dropping all: here every event is. A change of the
//! lease is a model of its own (`lease`); in this one, all leases are alike.
//!
//! The tests break one rule at a time and expect the shortest way to a stale answer.

mod checked;
mod lease;
mod rules;
mod state;
mod step;

pub use checked::{ANSWERED, ANSWERED_EARLY, Action, NO_LATE, NO_STALE, OVERLAPPING, SERVED};
pub use lease::{
    ANSWERED_WITHOUT, BrokenLease, ENDED, LeaseAction, LeaseProtocol, LeaseState, NO_LEASE_LEFT,
};
pub use rules::{ALL_FAULTS, Broken, Fault, LEASE, Protocol};
pub use state::{Database, Deletion, Fill, Node, Request, Row, State, Task};
pub use step::NodeStep;
