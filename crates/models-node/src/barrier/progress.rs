//! What a barrier reports while it waits.

use std::time::Duration;

use models_core::NodeRow;

use crate::nodes::observer::ObserverSlot;

/// How long a barrier waits before it reports what it waits for.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a barrier waits for.
#[derive(Default)]
pub(super) struct Progress {
    /// `None` while they are unknown.
    nodes: Option<Vec<String>>,
    is_warned: bool,
    is_told: bool,
}

impl Progress {
    /// It waits for these nodes.
    pub(super) fn wait_for(&mut self, rows: &[NodeRow]) {
        self.nodes = Some(rows.iter().map(|row| row.id.clone()).collect());
    }

    /// It waits without knowing the nodes, because of this error.
    pub(super) fn wait_in_the_dark(&mut self, error: &str) {
        self.nodes = None;
        if !std::mem::replace(&mut self.is_warned, true) {
            tracing::warn!(
                error,
                "it is not known which nodes there are; waiting for as long as a lease"
            );
        }
    }

    /// Tells the observer, once, if the wait takes long.
    pub(super) fn tell(&mut self, observer: &ObserverSlot, waited: Duration, at_most: Duration) {
        if waited < PATIENCE || std::mem::replace(&mut self.is_told, true) {
            return;
        }
        let nodes = self.nodes.as_deref();
        observer.tell(|observer| observer.still_waiting_for_nodes(nodes, at_most));
    }
}
