//! What a node must know of the log to serve from memory.
//!
//! The protocol is written down where it is carried out, in the store's `follow` module.

use crate::event::{Event, Revision};

/// Which history a revision belongs to: it changes when the database is restored or another server
/// takes its place. Revisions of different epochs cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Epoch(pub String);

/// A place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The history.
    pub epoch: Epoch,
    /// How much of it.
    pub revision: Revision,
}

/// Something that was read, and the position that it is at least as new as: the position was read
/// before it, on the same connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<T> {
    /// Before the reading.
    pub position: Position,
    /// What was read.
    pub value: T,
}

/// What is kept in memory of a catalog, and must not outlive a change to it.
pub trait Follower: Send + Sync {
    /// Changes or drops what these changes touch, and drops what is being read of it at the moment. They
    /// come in the order of the log. When this returns, nothing that they made untrue is shown any more.
    fn apply(&self, events: &[Event]);

    /// Drops everything, also what is being read at the moment, and keeps from now on only what is
    /// read in this epoch.
    fn forget(&self, epoch: &Epoch);
}
