//! The consistency protocol between nodes, as a model for a model checker.
//!
//! The promise: once a deletion has returned, no node shows the model to a request *sent*
//! afterwards. A request that overlaps the deletion may have either response.
//!
//! **State.** There is one model, which exists at first and is deleted once, so the revision is
//! whether it is deleted. There is a primary and, after a failover, the isolated old primary. The
//! old primary can be read, and can commit nothing, because its commits wait for the standby.
//!
//! Each node has its newest epoch, whether it applied the deletion, a cache, a lease, one
//! background task (a renewal or a poll), one load, one request, and a row in the database. Times
//! are remaining ticks, so that a run needs no bound on time; all clocks advance alike. Every party
//! may stop at any step: pauses, partitions and lost notifications are steps not taken.
//!
//! **What each party may assume.**
//! - The writer: a row that says "applied" belongs to a node that dropped the model from its cache and
//!   marked every load in progress. A lease that ran at the commit is over one lease later.
//! - The node: while its lease runs, no deletion has returned that it has not applied. Its lease
//!   runs from before it wrote its row. It read the revision after that, from the same database.
//! - The remover: a row that was not renewed for a lease belongs to a node without a lease.
//!
//! **Why it is safe.** Take a request sent after the deletion returned, and the node's lease as the
//! request begins. The node wrote its row before or after the commit.
//! - After: the renewal read the deletion and applied it before it extended the lease.
//! - Before: the barrier saw the row, unless it was removed, and then the lease had ended. The
//!   barrier waited for "applied", which means that the cache is clean, or for the end of this
//!   lease.
//!
//! So the cache is clean when the request begins, and it stays clean: a load reserved later reads
//! the deletion, unless it reads from the old primary. If the deletion was committed there, the
//! load sees it. If it was committed after the failover, the node learned of it in the new epoch,
//! and discards loads of the old epoch. For this, a node takes over an epoch with the first event
//! of it, also by a poll. It never returns to an older epoch, not even when it drops everything
//! because its row is gone.
//!
//! **What the lease checks do.** The first check, as the request begins, keeps the promise. The
//! last check, before the response is written, limits how late an overlapping request can be shown
//! the model. A process that pauses between the last check and the write sends such a response even
//! later. This is the one hole, and no request sent after the deletion returned falls into it.
//!
//! **What the model leaves out.** It leaves out clocks of different speed (the barrier's margin
//! covers them), a log that is trimmed, a second deletion, and a restarted node that takes another
//! row than the one it left. Nodes affect each other only through the barrier, which waits for each
//! of them. Therefore one node is checked with all faults together, and two nodes with a crash and
//! with a failover.
//!
//! A node applies an unknown event by dropping everything; in this model, every event has that
//! effect. The model in `lease` covers a change of the lease; here all leases have the same length.
//!
//! The tests take away one rule at a time and expect the shortest path to a stale response.

mod checked;
mod lease;
mod rules;
mod state;
mod step;

pub use checked::{Action, NO_LATE, NO_STALE, OVERLAPPING, RETURNED, RETURNED_EARLY, SERVED};
pub use lease::{
    BrokenLease, ENDED, LeaseAction, LeaseProtocol, LeaseState, NO_LEASE_LEFT, RETURNED_WITHOUT,
};
pub use rules::{ALL_FAULTS, Broken, Fault, LEASE, Protocol};
pub use state::{Database, Deletion, Load, Node, Request, Row, State, Task};
pub use step::NodeStep;
