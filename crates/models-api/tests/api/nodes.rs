//! Several nodes of one catalog, and the operations listener of each.

pub mod changes;
pub mod operations;
pub mod readiness;
