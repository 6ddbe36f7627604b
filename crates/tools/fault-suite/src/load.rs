//! Clients that demand more than a node or its database can give.

pub mod exhaustion;
mod log_volume;
pub mod overload;
mod pipelining;
