//! The one place that asks what time it is.

use std::time::{Duration, SystemTime};

use models_core::Timestamp;

pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// The same, some milliseconds late at times, and at a third of the price.
#[cfg(target_os = "linux")]
pub(crate) fn now_roughly() -> Timestamp {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
    let since = Duration::from_secs(u64::try_from(now.tv_sec).unwrap_or(0));
    (SystemTime::UNIX_EPOCH + since).into()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn now_roughly() -> Timestamp {
    now()
}
