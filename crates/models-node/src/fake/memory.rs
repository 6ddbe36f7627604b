//! A memory that writes to the journal of the database.

use std::sync::Arc;

use models_core::{Epoch, Event, Follower};

use super::database::Fake;

impl Fake {
    /// A memory that writes to the same journal.
    pub(crate) fn memory(self: &Arc<Self>) -> Arc<dyn Follower> {
        Arc::new(Memory(self.clone()))
    }
}

/// Notes what it is told.
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

    fn forget(&self, epoch: &Epoch) {
        self.0.state().note(format!("forget all but {}", epoch.0));
    }
}
