//! The server: sockets, connections, the layer around each request, the operations listener, metrics and the log.

pub(crate) mod application;
pub(crate) mod connection;
pub(crate) mod listener;
pub(crate) mod logging;
pub(crate) mod measured_node;
pub(crate) mod metrics;
pub(crate) mod operations;
pub(crate) mod request_id;
pub(crate) mod requester;
pub(crate) mod respond;
