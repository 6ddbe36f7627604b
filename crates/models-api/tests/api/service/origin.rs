//! The time, and the origin of changes by the tests.

use std::time::SystemTime;

use models_core::{Actor, Context, Origin, Timestamp};

pub fn now() -> Timestamp {
    SystemTime::now().into()
}

pub fn origin() -> Origin {
    Origin {
        actor: Actor::CommandLine,
        at: now(),
        context: Context::default(),
    }
}
