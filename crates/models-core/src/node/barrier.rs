//! The barrier, which holds commits up.

use std::time::Duration;

use async_trait::async_trait;

use crate::event::Position;

/// What a barrier must know of a change that takes something away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The position from which on it is gone.
    pub position: Position,
    /// The longest lease that a node may hold whose row the barrier cannot read.
    pub lease: Duration,
}

/// The wait, inside a commit, until no node serves what a change takes away.
#[async_trait]
pub trait Barrier: Send + Sync {
    /// Returns when each node has applied this position or its lease has run out, whatever happens to the
    /// database or to other nodes meanwhile.
    async fn wait(&self, committed: Committed);
}
