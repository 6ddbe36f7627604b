//! Time: moments as the wire has them, and what may happen only so often.

mod occasionally;
mod timestamp;

pub use self::occasionally::Occasionally;
pub use self::timestamp::Timestamp;
