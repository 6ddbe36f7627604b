//! The follower: it reads the event log, applies it to memory, and extends the node's lease.
//!
//! This protocol lets a node serve from memory and guarantees that it shows no deleted model and accepts no revoked key. A
//! node holds a *lease*, and may serve from memory until the lease runs out. A change that takes something away (a deletion, a
//! revocation) commits, and then waits at the *barrier* until the row of each node says that the node has applied the revision,
//! or until the lease of that node has run out. Only then does the change return. A request that a client sends after that
//! finds memory that has applied the change, or a lease that has run out. Seven orders guarantee this:
//!
//! 1. A node registers its row before it reads anything that it will serve. A change that does not find the row was committed
//!    before these reads, so they see it.
//! 2. A node applies an event to its memory before its row says so. The row also names the epoch.
//! 3. A node renews its row, then reads the newest revision, applies the events up to it, and only then extends its lease. The
//!    lease counts from the moment before the node *sent* the renewal. So a lease that runs when a change commits ends within
//!    the length of a lease after the commit.
//! 4. A cache enters a load in flight before the load reads the database. An event that touches the key marks the load. The
//!    cache does not insert the result of a marked load, or applies the event to it first.
//! 5. The node enters another epoch only with a renewal, and only the epoch of the server that took the renewal. A server that
//!    has been replaced can still be read, but with a synchronous standby it takes no writes. The node applies only events of
//!    its epoch.
//! 6. A process removes another node's row only after it saw the row unchanged for longer than the lease in it. A node that
//!    finds its row gone ends its lease, and starts again with empty memory.
//! 7. A request acquires the lease before it reads memory, and the node releases its response only while the acquired lease
//!    lasts. The end is the one that the acquisition loaded: a renewal since then says nothing about earlier reads. A value
//!    that a request loads from the database is sent under a lease that was acquired after the load (see
//!    [`HeldLease`](crate::HeldLease)).
//!
//! An event that this version does not understand may have taken anything away. The node then drops everything in memory, marks
//! the revision as applied, and goes on. That is enough only while the node supports the catalog's level, which every read of
//! the position returns. A node that reads a higher level ends its lease before it applies or publishes anything, removes its
//! row, and stays out until its program is replaced. A node that has failed to follow the log for a whole lease removes its row,
//! and renews no row until it can read the log again. No barrier waits for it meanwhile.
//!
//! The lease in force belongs to the catalog and holds for all its processes. The first node puts its setting in force. A change
//! of the lease names the new lease, and keeps the longest lease that nodes may still hold. Until that lease has run out
//! everywhere, nodes use the shorter of the two, and barriers the longer. Any node ends the change when it has seen it for
//! longer than the longer lease. A node's row never names a shorter lease than the node holds: the node uses a shorter lease as
//! soon as it has read it, and a longer lease only after its row names it.
//!
//! Notifications are hints that make the follower fast. Its poll finds the changes that they miss. The protocol reads no wall
//! clock. One case remains: a process that is stopped after the release of a response, and before it writes the response to the
//! socket, sends the response late when it goes on. Only a request from before the return of the change can get such a
//! response. The crate `protocol-model` checks the protocol for clocks that run alike. For clocks that do not, the barrier adds
//! a margin.

mod catch_ups;
mod following;
mod local_node;
mod pages;
mod row;
mod run;
mod step;
mod withdrawal;

pub use following::Following;

#[cfg(test)]
mod tests;
