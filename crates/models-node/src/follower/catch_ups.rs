//! Catch-ups: requests to read the event log to its end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use models_core::RepositoryError;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

/// The longest wait of a catch-up.
const LONGEST: Duration = Duration::from_secs(5);

/// The catch-ups, which are numbered. Simultaneous catch-ups share one read of the log.
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

    /// Requests a read of the log, and waits for a read that began after this call.
    pub(super) async fn wait(&self) -> Result<(), RepositoryError> {
        let number = self.requested.fetch_add(1, Ordering::AcqRel) + 1;
        self.wake.notify_one();
        let mut served = self.served.subscribe();
        let is_served = timeout(LONGEST, served.wait_for(|served| *served >= number)).await;
        match is_served {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(RepositoryError::Unavailable(
                "the event log could not be read in time".into(),
            )),
        }
    }

    /// Waits for a request.
    pub(super) async fn requested(&self) {
        self.wake.notified().await;
    }

    /// The number of the newest request. A read of the log that begins after this call serves it and all requests before it.
    pub(super) fn newest(&self) -> u64 {
        self.requested.load(Ordering::Acquire)
    }

    /// Whether a request is not served yet.
    pub(super) fn is_any_open(&self) -> bool {
        self.newest() > *self.served.borrow()
    }

    /// Marks all requests up to this one as served.
    pub(super) fn serve(&self, up_to: u64) {
        self.served.send_replace(up_to);
    }
}
