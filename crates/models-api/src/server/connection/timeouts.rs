//! The timeouts of a connection.

use std::time::Duration;

/// The times that a peer may take.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    /// Until the head of a request has arrived, and then until its body has. The dispatcher also times the first head of
    /// a connection.
    pub(crate) head: Duration,
    /// Until the peer reads more of a response.
    pub(crate) send: Duration,
    /// Until the peer sends another request.
    pub(crate) idle: Duration,
}

/// A timeout that has passed.
pub(super) enum Late {
    /// The peer has not sent the rest of a request.
    Request,
    /// The peer has not sent another request.
    NextRequest,
}
