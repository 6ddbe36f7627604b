//! Pauses of a scenario.

use std::time::Duration;

/// Waits for this number of milliseconds.
pub async fn wait(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
