//! The gateway's configuration that is shipped: before three nodes, and before servers that show what a node would get.

mod haproxy;
mod nodes;
mod recorder;
mod requests;
