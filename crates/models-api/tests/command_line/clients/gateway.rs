//! The shipped configuration of the gateway, before three nodes and before servers that record requests.

mod authorizing;
mod haproxy;
mod nodes;
mod recorder;
mod requests;
