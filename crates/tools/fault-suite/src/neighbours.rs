//! Programs of others before a node, or between a node and its database.

pub mod gateway;
pub mod pooler;
pub mod sharing;
