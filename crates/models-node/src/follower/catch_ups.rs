//! Requests to read the event log to its end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use models_core::RepositoryError;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// How long a request waits.
const LONGEST: Duration = Duration::from_secs(5);

/// The requests so far, by number. Requests that come at once share one read of the log.
#[derive(Debug)]
pub(super) struct CatchUps {
    requested: AtomicU64,
    served: watch::Sender<u64>,
    wake: Notify,
}

impl CatchUps {
    pub(super) fn new() -> Self {
        Self {
            requested: AtomicU64::new(0),
            served: watch::Sender::new(0),
            wake: Notify::new(),
        }
    }

    /// Requests a read of the log, and waits for one that began after this call.
    pub(super) async fn wait(&self) -> Result<(), RepositoryError> {
        let number = self.requested.fetch_add(1, Ordering::AcqRel) + 1;
        self.wake.notify_one();
        let mut served = self.served.subscribe();
        let is_served = timeout(LONGEST, served.wait_for(|served| *served >= number)).await;
        match is_served {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(RepositoryError::Unavailable(
                "the log could not be looked at in time".into(),
            )),
        }
    }

    /// Waits until there is a request.
    pub(super) async fn requested(&self) {
        self.wake.notified().await;
    }

    /// The newest request. A read of the log that begins after this call serves it and all before it.
    pub(super) fn newest(&self) -> u64 {
        self.requested.load(Ordering::Acquire)
    }

    /// Whether a request has not been served.
    pub(super) fn is_any_open(&self) -> bool {
        self.newest() > *self.served.borrow()
    }

    /// All requests up to this one are served.
    pub(super) fn serve(&self, up_to: u64) {
        self.served.send_replace(up_to);
    }
}
