//! The follower: it reads the event log, and keeps memory and the lease true to it.
//!
//! This is how a node may serve from memory and never shows what is gone. A node holds a *lease*: until it runs
//! out, the node may serve from memory. A change that takes something away (a deletion, a revocation) commits, and
//! then waits at the *barrier* until each node's row says that the node has applied the revision; for a node whose row
//! does not say so, it waits as long as that node's lease. Only then does the change return. A request that is sent
//! after that finds memory that has applied the change, or a lease that has run out. That rests on seven orders:
//!
//! 1. A node registers its row before it reads anything that it will serve. A change that does not
//!    find the row was committed before, and is read.
//! 2. A node applies an event to its memory before its row says so, and the row names the history (the epoch) too.
//! 3. A node renews its row, then reads the newest revision, applies what it finds, and only then
//!    extends its lease, counted from the moment before the renewal was *sent*. So a lease that
//!    runs when a change commits ends within a lease of the commit.
//! 4. A cache reserves the place of a load before the load begins. An event that touches the place marks it, and
//!    the result of a load for a marked place is not inserted, or is changed first.
//! 5. The epoch changes only with a renewal, and to the epoch of the server that took the renewal: a server that has
//!    been replaced can still be read, but with a synchronous standby it takes no writes. Only events of that history
//!    are applied.
//! 6. A process removes another node's row only after it saw the row unchanged for longer than its lease. A node that
//!    finds its row gone has lost its lease, and begins anew, with nothing in memory.
//! 7. A request acquires the lease before it reads memory, and its response is released only while the lease
//!    that it acquired lasts. The end is the one that was loaded at the acquisition: a renewal since then
//!    says nothing about what was read before it. What a request loads from the database is served under a lease
//!    that was acquired after the load (see [`HeldLease`](crate::HeldLease)).
//!
//! An event that this version does not understand may have taken anything away: the node drops everything in
//! memory, marks the revision as applied, and goes on. That is enough only while the node supports the catalog's
//! level, which every read of the position returns. A node that reads a higher level ends its lease before it
//! applies or publishes anything, removes its row, and stays out until its program is replaced. A node that has
//! failed to follow the log for a whole lease removes its row, and renews none until it can read the log again:
//! no barrier waits for it meanwhile.
//!
//! The lease in force is the catalog's, for all its processes. The first node puts its setting in force. A change of
//! the lease names the new one and keeps the longest that nodes may still hold; until that one has run out everywhere,
//! nodes use the shorter of both and barriers the longer. Any node ends the change when it has seen it for longer than
//! the longer lease. A node's row never names a shorter lease than the node holds: the node uses a shorter lease as
//! soon as it has read it, and a longer one only after its row names it.
//!
//! Notifications are hints that make the follower fast; its poll finds what they miss. Nothing reads a wall clock.
//! One case remains: a process that is stopped between the release of a response and its writing to the socket
//! responds late when it goes on, but only to a request that was sent before the change had returned. The crate
//! `protocol-model` checks the protocol for clocks that run alike; for clocks that do not, the barrier adds a margin.

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
