//! The limits of requests.

use std::sync::Arc;
use std::time::Duration;

use actix_http::header::CONTENT_LENGTH;
use actix_http::{HttpMessage, Request};
use tokio::sync::Semaphore;

use crate::http::incoming::BodyMemory;

/// The memory of all bodies that handlers read at a time, in bytes. It is on top of the caches, and holds two of the
/// longest bodies and many short ones. Further bodies wait, up to `limits.request_timeout`.
pub(crate) const BODIES: u32 = 24 << 20;

/// A listener.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Listener {
    /// The API.
    Api {
        /// Whether the administration API is on.
        administration: bool,
    },
    /// Authorization requests, with bodies of at most `most_body` bytes.
    Authorization { most_body: u64 },
}

impl Listener {
    /// Whether the listener ignores the body that this request announces. nginx announces the body of the client's
    /// request, and sends a GET without it.
    pub(crate) fn ignores_body(self, request: &Request) -> bool {
        match self {
            Self::Api { .. } => false,
            Self::Authorization { .. } => {
                request.method().is_safe() && request.headers().contains_key(CONTENT_LENGTH)
            }
        }
    }
}

/// The limits of a request.
#[derive(Clone)]
pub(crate) struct RequestLimits {
    /// The longest head, in bytes.
    pub(crate) head: usize,
    /// The longest body that is received and dropped, in bytes.
    pub(crate) dropped_body: u64,
    /// The listener, which decides on the bodies of its routes.
    pub(crate) listener: Listener,
    /// The memory of the bodies that handlers read.
    pub(crate) bodies: BodyMemory,
    /// A permit for each request that may be in flight.
    pub(crate) in_flight: Arc<Semaphore>,
    /// The time until the response.
    pub(crate) time: Duration,
    /// The setting with that time.
    pub(crate) time_setting: &'static str,
}
