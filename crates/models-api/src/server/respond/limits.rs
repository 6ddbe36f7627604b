//! The limits of requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::http::incoming::BodyMemory;

/// The memory of all bodies that handlers read at a time, in bytes. It is on top of the caches, and holds two of the
/// longest bodies and many short ones. Further bodies wait, up to `limits.request_timeout`.
pub(crate) const BODIES: u32 = 24 << 20;

/// The limits of a request.
#[derive(Clone)]
pub(crate) struct RequestLimits {
    /// The longest head, in bytes.
    pub(crate) head: usize,
    /// The longest body that is received and dropped, in bytes.
    pub(crate) dropped_body: u64,
    /// Whether the administration API is on.
    pub(crate) administration: bool,
    /// The memory of the bodies that handlers read.
    pub(crate) bodies: BodyMemory,
    /// A permit for each request that may be in flight.
    pub(crate) in_flight: Arc<Semaphore>,
    /// The time until the response.
    pub(crate) time: Duration,
}
