//! Repetition on another connection.

use std::time::Duration;

use tokio::time::sleep;

/// Counts the attempts of an operation that changes nothing, on connections that the server ended.
/// A server that shuts down, or an administrator, ends all connections one after the other.
#[derive(Default)]
pub(crate) struct Tries(u32);

impl Tries {
    const MOST: u32 = 3;
    const PAUSE: Duration = Duration::from_millis(20);

    /// Returns whether the operation may be repeated on another connection because the last one was
    /// lost. Waits briefly first.
    pub(crate) async fn may_repeat(&mut self, is_lost: bool) -> bool {
        self.0 += 1;
        let may = is_lost && self.0 < Self::MOST;
        if may {
            sleep(Self::PAUSE * self.0).await;
        }
        may
    }
}
