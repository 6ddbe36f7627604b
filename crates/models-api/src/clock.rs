//! The system clock. No other module of this crate reads it.

use std::time::{Duration, SystemTime};

use models_core::Timestamp;

pub(crate) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// Returns a time that may be some milliseconds late, at a third of the cost of [`now`].
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
