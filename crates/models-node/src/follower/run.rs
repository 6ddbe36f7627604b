//! The loop of the follower, from the registration of its node to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use models_core::{Follower, Occasionally, RepositoryError};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::following::Following;
use super::local_node::LocalNode;
use crate::nodes::Nodes;

/// How often the event log is read without a hint.
pub(super) const POLL: Duration = Duration::from_millis(250);
/// How often the node renews its row.
pub(super) const RENEWAL: Duration = Duration::from_secs(1);

impl Nodes {
    /// Makes this process a node, which may serve from memory while its lease runs. `memory` is told of every
    /// change from now on, before the barrier of the change returns.
    pub async fn follow(&self, memory: Arc<dyn Follower>) -> Result<Following, RepositoryError> {
        self.repository.listen().await?;
        let mut node = LocalNode::new(self.clone(), memory);
        if let Err(error) = node.enter().await {
            // If this fails too, other processes remove the row when it has expired.
            let _ = self.repository.remove(&node.id).await;
            return Err(error);
        }
        let (lease, catch_ups) = (node.lease.clone(), node.catch_ups.clone());
        let (leaving, told_to_leave) = watch::channel(false);
        let task = self.runtime.spawn(node.run(told_to_leave));
        Ok(Following::new(lease, catch_ups, leaving, Some(task)))
    }
}

impl LocalNode {
    /// Registers the node, and then reads the log for the first time.
    pub(super) async fn enter(&mut self) -> Result<(), RepositoryError> {
        let repository = &self.nodes.repository;
        let leases = repository.enter_lease().await?;
        let setting = repository.configured_lease();
        if leases.in_force != setting {
            tracing::warn!(
                setting_seconds = setting.as_secs(),
                in_force_seconds = leases.in_force.as_secs(),
                "the setting `consistency.lease` differs from the lease in force, which is used; `models-api lease set` changes it"
            );
        }
        self.length = leases.of_nodes();
        repository.register(&self.id, self.length).await?;
        self.step(true).await
    }

    async fn run(mut self, mut told_to_leave: watch::Receiver<bool>) {
        let failures = Occasionally::default();
        loop {
            tokio::select! {
                _ = told_to_leave.wait_for(|leave| *leave) => break,
                () = self.wait_for_news() => {}
            }
            // A change may be committed after this step has begun. A catch-up that is requested from here on is
            // served by the next step.
            let requested = self.catch_ups.newest();
            let is_due = self.lease.clock.now().since(self.renewed) >= RENEWAL;
            let stepped = tokio::select! {
                _ = told_to_leave.wait_for(|leave| *leave) => break,
                stepped = self.step(is_due) => stepped,
            };
            match stepped {
                Ok(()) => self.catch_ups.serve(requested),
                Err(error @ RepositoryError::Outdated { needed, .. }) => {
                    self.lease.end();
                    self.lease.needed_level.store(needed.0, Ordering::Release);
                    tracing::error!(%error, "this node serves nothing any more; replace its program");
                    break;
                }
                Err(error) => {
                    if let Some(left_out) = failures.at(Instant::now()) {
                        tracing::warn!(%error, left_out, "failed to read the event log; retrying");
                    }
                    tokio::select! {
                        _ = told_to_leave.wait_for(|leave| *leave) => break,
                        () = self.withdraw_if_lost() => {}
                    }
                    sleep(POLL).await;
                }
            }
        }
        self.lease.end();
        self.nodes.published.send_replace(None);
        if let Err(error) = self.nodes.repository.remove(&self.id).await {
            tracing::warn!(%error, "the node's row stays until others find it silent");
        }
    }

    /// Waits until there may be something new in the log.
    async fn wait_for_news(&self) {
        let repository = &self.nodes.repository;
        let hint = async {
            tokio::select! {
                () = repository.committed() => {}
                () = self.catch_ups.requested() => {}
            }
        };
        let hinted = timeout(POLL, hint).await;
        if let (Ok(()), false, Some(rest)) =
            (hinted, self.catch_ups.is_any_open(), repository.rest())
        {
            sleep(rest).await;
        }
    }
}
