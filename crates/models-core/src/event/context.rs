//! The circumstances of changes.

use std::net::IpAddr;

/// The circumstances of a change, for the audit log. Absent values are unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The id of the request that made the change.
    pub request_id: Option<String>,
    /// The address of the client that sent the request.
    pub client_address: Option<IpAddr>,
    /// The operating system's user that ran the command.
    pub user: Option<String>,
    /// The host on which the command ran.
    pub host: Option<String>,
    /// The operator's reason for the change.
    pub reason: Option<String>,
}
