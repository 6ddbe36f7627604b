//! Connections: HTTP as bytes, pipelines, limits and an orderly stop.

pub mod limits;
pub mod probes;
pub mod requests;
pub mod stopping;
