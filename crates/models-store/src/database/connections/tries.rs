//! Repeated reads.

use std::time::Duration;

use tokio::time::sleep;

/// How often something that changes nothing was tried on connections that the server ended meanwhile. A server that is
/// stopped, or an administrator, ends them all, one after the other.
#[derive(Default)]
pub(crate) struct Tries(u32);

impl Tries {
    const MOST: u32 = 3;
    const PAUSE: Duration = Duration::from_millis(20);

    /// Waits a moment and returns true if the last try was lost and is to be repeated on another connection.
    pub(crate) async fn may_repeat(&mut self, is_lost: bool) -> bool {
        self.0 += 1;
        let may = is_lost && self.0 < Self::MOST;
        if may {
            sleep(Self::PAUSE * self.0).await;
        }
        may
    }
}
