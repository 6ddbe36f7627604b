//! Pauses of a scenario.

use std::time::Duration;

/// Milliseconds.
pub async fn wait(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
