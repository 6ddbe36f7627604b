//! The expiry of nodes that no longer renew their rows.

use std::collections::HashMap;

use models_core::{CLOCK_MARGIN, NodeRow};
use tokio::time::Instant;

/// The time at which this process first saw the last renewal of each node, on a monotonic clock.
#[derive(Default)]
pub(crate) struct Observed(HashMap<String, (i64, Instant)>);

/// A node whose lease has run out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expired {
    pub(crate) id: String,
    /// The number of its last renewal.
    pub(crate) renewal: i64,
}

impl Observed {
    /// The nodes that have not renewed their rows for longer than their lease. After the removal of such a row, its node cannot
    /// renew it.
    pub(crate) fn expired(&mut self, rows: &[NodeRow]) -> Vec<Expired> {
        let now = Instant::now();
        self.0
            .retain(|known, _| rows.iter().any(|row| row.id == *known));
        let mut expired = vec![];
        for row in rows {
            let seen = self.0.entry(row.id.clone()).or_insert((row.renewal, now));
            let (renewal, since) = seen;
            if *renewal != row.renewal {
                (*renewal, *since) = (row.renewal, now);
            }
            if now.duration_since(*since) > row.lease + CLOCK_MARGIN {
                expired.push(Expired {
                    id: row.id.clone(),
                    renewal: row.renewal,
                });
            }
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use models_core::{Epoch, Position, Revision};

    use super::*;

    const LEASE: Duration = Duration::from_secs(3);
    const MOMENT: Duration = Duration::from_millis(1);

    fn row(renewal: i64) -> NodeRow {
        NodeRow {
            id: "node_a".to_owned(),
            renewal,
            lease: LEASE,
            applied: Position {
                epoch: Epoch(String::new()),
                revision: Revision(-1),
            },
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_expires_when_its_row_stays_the_same_for_longer_than_its_lease() {
        let mut observed = Observed::default();
        assert_eq!(observed.expired(&[row(7)]), []);
        tokio::time::advance(LEASE + CLOCK_MARGIN).await;
        assert_eq!(observed.expired(&[row(7)]), [], "clocks may differ");
        tokio::time::advance(MOMENT).await;
        let expired = Expired {
            id: "node_a".to_owned(),
            renewal: 7,
        };
        assert_eq!(observed.expired(&[row(7)]), [expired]);
        assert_eq!(observed.expired(&[row(8)]), [], "it has renewed its row");
        tokio::time::advance(LEASE + CLOCK_MARGIN).await;
        assert_eq!(observed.expired(&[row(8)]), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_row_that_comes_back_is_observed_from_then_on() {
        let mut observed = Observed::default();
        observed.expired(&[row(7)]);
        tokio::time::advance(2 * LEASE).await;
        assert_eq!(observed.expired(&[]), []);
        assert_eq!(observed.expired(&[row(7)]), []);
    }
}
