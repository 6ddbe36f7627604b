//! Faults of processes, machines, networks and databases.

pub mod crash;
pub mod failover;
pub mod network;
pub mod power;
pub mod restore;
pub mod rotation;
pub mod silence;
