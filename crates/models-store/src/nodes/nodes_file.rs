//! The nodes file: the file beside a SQLite database that holds the nodes' rows, and the check
//! whether a process may trust it.
//!
//! The rows say which nodes may serve from memory, so a barrier that reads a file without a node's
//! row returns too early. An operator can remove a file, replace it by a copy, or damage it, and
//! two processes can have different files open.
//!
//! Therefore each file has an id, and the table `catalog` holds the id of the file that counts. A
//! copy has the same id, so the file also records its own device and inode and those of its
//! database. A process trusts a file only if all of these match ([`NodesFile::attach`]). Otherwise
//! it puts the file aside, creates a new one and writes its id into the catalog. All of that is one
//! transaction of the catalog, so that processes that start together create one file.
//!
//! **Why a barrier may return early.** A change commits at *c*. Then the barrier reads the rows of
//! a file G, and checks that G is in place and that the catalog holds G's id. Assume that a node
//! holds a lease from a renewal that it sent before *c*; with a later renewal it applies the change
//! first. After each renewal, before it takes the lease, the node makes the same check for its own
//! file F. There are three cases:
//!
//! 1. F is G. The barrier finds the node's row.
//! 2. F is older than G. When the node made its check, the catalog named F, so it did not name G yet. The node's lease
//!    ends at most one lease later. [`is_settled`](NodesFile::is_settled) counts one lease from the moment at which the catalog named
//!    G. Until then, every barrier waits for a whole lease from its commit.
//! 3. F is newer than G. The catalog named F after the barrier's check, so after *c*. The node registered in F later still,
//!    and the catalog that it read then includes the change.
//!
//! A node whose file fails the check ends its lease, and registers again in the file that counts,
//! with empty memory. A database that fails the check was removed or replaced, and writes to it
//! would be lost. The process then no longer writes to it, and the node serves nothing until
//! the file is back or the process restarts.
//!
//! The clock that counts leases also gives the creation time of a file, and the file records the
//! machine's boot. No node outlives its machine, so a file of an earlier boot is replaced at once,
//! without a wait. SQLite supports only the processes of one kernel.

mod attaching;
mod file;
mod inspection;
mod making;

pub(crate) use file::NodesFile;
