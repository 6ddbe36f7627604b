//! Changes of a public model.

use models_core::{Change, Model, Scope, Timestamp};

pub(crate) fn creation() -> Change {
    Change::ModelCreated(model())
}

pub(crate) fn deletion() -> Change {
    Change::ModelDeleted(model())
}

fn model() -> Model {
    Model {
        id: "one".parse().unwrap(),
        scope: Scope::Public,
        created: Timestamp::from_seconds(1),
        owned_by: "system".parse().unwrap(),
        shutdown_date: None,
    }
}
