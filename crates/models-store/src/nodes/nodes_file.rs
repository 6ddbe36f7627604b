//! The file beside a SQLite database that holds the nodes' rows, and whether a process may trust it.
//!
//! The rows say who may serve from memory, so a barrier that reads a file which lacks a row concludes too early. A file can
//! be removed, replaced by a copy, or damaged, and two processes can have different ones. Therefore each file has an id,
//! and the table `catalog` holds the id of the one that counts. The file also says which file it is itself and which
//! database it belongs to (device and inode), since a copy has the same id. A process trusts a file only if all of this
//! fits ([`NodesFile::attach`]); otherwise it puts the file aside, makes a new one and writes its id into the catalog, all
//! in one transaction of the catalog, so that processes that start together make one file.
//!
//! **Why a barrier that returns early is right.** A change commits at *c*. Afterwards the barrier reads the rows of a
//! file G, then sees that G is in place and that the catalog holds G's id. Let a node hold a lease from a renewal that it
//! sent before *c* (a later one applies the change first). After each renewal, before it takes the lease, the node makes
//! the same check for its own file F. There are three cases:
//!
//! 1. F is G. The barrier finds the node's row.
//! 2. F is older than G. When the node made its check, F was in place and in the catalog, so G was not yet. The lease
//!    ends within a lease of that moment. [`is_settled`](NodesFile::is_settled) counts a lease from when G was in the catalog, and before
//!    it is over every barrier waits for a whole lease from its commit.
//! 3. F is newer than G. It came into the catalog after the barrier had looked, so after *c*. The node registered in it
//!    later still, and what it read then holds the change.
//!
//! A node whose file fails the check ends its lease and begins anew in the file that counts, with nothing in memory. A
//! database that fails it was removed or replaced: what is written to it is lost, so nothing is written to it any more,
//! and the node serves nothing until the file is back or the process is restarted.
//!
//! The time at which a file was made is of the clock that leases are counted on, and with it is the boot of the machine. No
//! node outlives its machine, so a file of an earlier boot is replaced at once and without waiting. SQLite is for the
//! processes of one kernel.

mod attaching;
mod file;
mod inspection;
mod making;

pub(crate) use file::NodesFile;
