//! Points at which a test can pause a read.
//!
//! Without the feature `pause-points`, and in release builds, they compile to nothing.

mod point;

#[cfg(all(feature = "pause-points", debug_assertions))]
mod hook;

pub use self::point::Point;

#[cfg(all(feature = "pause-points", debug_assertions))]
pub use self::hook::{Hook, pause};

/// Does nothing.
#[cfg(not(all(feature = "pause-points", debug_assertions)))]
pub const fn pause(_: Point) {}
