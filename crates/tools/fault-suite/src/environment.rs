//! The processes that a scenario runs: nodes, their database, and the way between them.

pub mod catalog;
pub mod database;
pub mod forwarder;
pub mod node;
pub mod scene;
pub mod wait;
