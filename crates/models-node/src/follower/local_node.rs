//! This process's node.

use std::sync::Arc;
use std::time::Duration;

use models_core::{Follower, Position};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::catch_ups::CatchUps;
use crate::lease::Lease;
use crate::lease::clock::BootTime;
use crate::nodes::Nodes;
use crate::nodes::expiry::Observed;
use crate::nodes::settling::Settling;

/// This process's node. The files beside this one implement its steps.
pub(super) struct LocalNode {
    pub(super) id: String,
    pub(super) nodes: Nodes,
    /// The memory to which the node applies the log.
    pub(super) memory: Arc<dyn Follower>,
    pub(super) lease: Arc<Lease>,
    pub(super) catch_ups: Arc<CatchUps>,
    /// The position that memory has applied; `None` before the first read of the log, and when the row is gone.
    pub(super) position: Option<Position>,
    /// The number of the last renewal.
    pub(super) renewal: i64,
    /// The time at which the node sent the last renewal.
    pub(super) renewed: BootTime,
    /// The longest lease that the node may hold. Its row names this lease, or will with the next renewal.
    pub(super) length: Duration,
    /// The time at which the node last read the log to its end.
    pub(super) followed: BootTime,
    /// The node has removed its row, because it failed to follow the log for a whole lease.
    pub(super) is_withdrawn: bool,
    pub(super) settling: Settling,
    /// The task that stores the end of a change of the lease. It waits for its turn, so there is at most one.
    pub(super) storing: Option<JoinHandle<()>>,
    pub(super) observed: Observed,
}

impl LocalNode {
    pub(super) fn new(nodes: Nodes, memory: Arc<dyn Follower>) -> Self {
        let lease = Lease::new(nodes.clock.clone());
        Self {
            id: new_id(),
            memory,
            followed: lease.clock.now(),
            lease: Arc::new(lease),
            catch_ups: Arc::new(CatchUps::new()),
            position: None,
            renewal: 0,
            renewed: BootTime::START,
            length: Duration::ZERO,
            is_withdrawn: false,
            settling: Settling::default(),
            storing: None,
            observed: Observed::default(),
            nodes,
        }
    }
}

/// The id of a node that has never been registered.
pub(super) fn new_id() -> String {
    format!("node_{}", Uuid::now_v7().simple())
}
