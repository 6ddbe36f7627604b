//! The times of a connection.

use std::time::Duration;

/// How long a peer may take.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    /// For the head of a request, and then for its body, to arrive. The dispatcher times the first
    /// head of a connection alike.
    pub(crate) head: Duration,
    /// To take some more of an answer.
    pub(crate) send: Duration,
    /// To send another request.
    pub(crate) idle: Duration,
}

/// What a peer takes too long for.
pub(super) enum Late {
    /// The rest of what it began.
    Request,
    NextRequest,
}
