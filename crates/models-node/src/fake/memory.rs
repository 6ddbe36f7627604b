//! Memory that writes to the journal of the fake database.

use std::sync::Arc;

use models_core::{Epoch, Event, Follower};

use super::database::Fake;

impl Fake {
    /// Memory that writes to the same journal.
    pub(crate) fn memory(self: &Arc<Self>) -> Arc<dyn Follower> {
        Arc::new(Memory(self.clone()))
    }
}

/// Memory that notes its calls.
struct Memory(Arc<Fake>);

impl Follower for Memory {
    fn apply(&self, events: &[Event]) {
        for event in events {
            self.0.state().note(format!("apply {}", event.revision));
        }
    }

    fn invalidate(&self) {
        self.0.state().note("invalidate");
    }

    fn begin_epoch(&self, epoch: &Epoch) {
        self.0.state().note(format!("begin epoch {}", epoch.0));
    }
}
