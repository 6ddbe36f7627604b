//! The one place that asks what time it is.

use std::time::SystemTime;

use models_core::Timestamp;

pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}
