//! The reports of a barrier while it waits.

use std::time::Duration;

use models_core::NodeRow;

use crate::nodes::observer::ObserverSlot;

/// A barrier that waits for longer than this reports the nodes that it waits for.
const REPORT_AFTER: Duration = Duration::from_secs(1);

/// The nodes that a barrier waits for, and the reports so far.
#[derive(Default)]
pub(super) struct Progress {
    /// `None` while the nodes are unknown.
    nodes: Option<Vec<String>>,
    is_warned: bool,
    is_told: bool,
}

impl Progress {
    /// Notes that the barrier waits for these nodes.
    pub(super) fn wait_for(&mut self, rows: &[NodeRow]) {
        self.nodes = Some(rows.iter().map(|row| row.id.clone()).collect());
    }

    /// Notes that the nodes are unknown because of this error.
    pub(super) fn wait_for_unknown_nodes(&mut self, error: &str) {
        self.nodes = None;
        if !std::mem::replace(&mut self.is_warned, true) {
            tracing::warn!(
                error,
                "failed to read the nodes' rows; waiting for as long as a lease"
            );
        }
    }

    /// Reports a long wait to the observer, once.
    pub(super) fn tell(&mut self, observer: &ObserverSlot, waited: Duration, at_most: Duration) {
        if waited < REPORT_AFTER || std::mem::replace(&mut self.is_told, true) {
            return;
        }
        let nodes = self.nodes.as_deref();
        observer.tell(|observer| observer.still_waiting_for_nodes(nodes, at_most));
    }
}
