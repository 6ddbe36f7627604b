//! The barrier: the wait inside a commit.

use std::time::Duration;

use async_trait::async_trait;

use crate::event::Position;

/// A committed change that takes something away, as the barrier needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The position of the change. From this position on, the deleted model or the revoked key is
    /// gone.
    pub position: Position,
    /// The longest lease of a node whose row the barrier cannot read.
    pub lease: Duration,
}

/// The wait, inside a commit, until no node serves what a change takes away.
#[async_trait]
pub trait Barrier: Send + Sync {
    /// Returns when each node has applied this position or its lease has run out. A failure of the
    /// database or of another node does not end the wait early.
    async fn wait(&self, committed: Committed);
}
