//! Time: timestamps, and a limit for repeated log lines.

mod occasionally;
mod timestamp;

pub use self::occasionally::Occasionally;
pub use self::timestamp::Timestamp;
