//! Clients that send more than a node or its database can handle.

pub mod exhaustion;
mod log_volume;
pub mod overload;
mod pipelining;
