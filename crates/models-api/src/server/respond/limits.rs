//! The limits of requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// The limits of a request.
#[derive(Clone)]
pub(crate) struct RequestLimits {
    /// The longest head, in bytes.
    pub(crate) head: usize,
    /// The longest body that is received and dropped, in bytes.
    pub(crate) dropped_body: u64,
    /// Whether the administration API is on.
    pub(crate) administration: bool,
    /// A permit for each request that may be in flight.
    pub(crate) in_flight: Arc<Semaphore>,
    /// The time until the response.
    pub(crate) time: Duration,
}
