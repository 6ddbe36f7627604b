//! A node that a test moves step by step, and waits.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::fake::Fake;
use crate::follower::local_node::LocalNode;
use crate::nodes::Nodes;

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const NANOSECOND: Duration = Duration::from_nanos(1);

pub(super) fn nodes(fake: &Arc<Fake>) -> Nodes {
    Nodes::with_clock(fake.clone(), fake.clock.clone().into())
}

/// A node that has entered the registry. The test calls its steps.
pub(super) async fn entered(fake: &Arc<Fake>) -> LocalNode {
    let mut node = LocalNode::new(nodes(fake), fake.memory());
    fake.state().lease = Some(node.lease.clone());
    node.enter().await.unwrap();
    fake.take_journal();
    node
}

pub(super) fn is_serving(fake: &Fake, node: &LocalNode) -> bool {
    node.lease.hold_at(fake.clock.now()).is_some()
}

/// Waits until this is true, and returns the time that it took.
pub(super) async fn until(mut is_true: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !is_true() {
        assert!(began.elapsed() < Duration::from_mins(1));
        sleep(Duration::from_millis(1)).await;
    }
    began.elapsed()
}
