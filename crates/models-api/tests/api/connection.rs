//! Connections: HTTP as bytes, pipelines, limits and an orderly stop.

pub mod limits;
pub mod pipelines;
pub mod probes;
pub mod stopping;
mod text;
pub mod upgrades;
