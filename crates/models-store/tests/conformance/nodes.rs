//! Nodes: their files, their lease, and nodes of other versions.

mod identity;
mod leases;
mod pruning;
pub mod scene;
mod versions;
