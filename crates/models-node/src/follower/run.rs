//! The loop of the follower, from the registration of its node to the removal of the row.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use models_core::{Follower, Occasionally, RepositoryError};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::following::Following;
use super::local_node::LocalNode;
use crate::nodes::Nodes;

/// The longest time between two reads of the event log.
pub(super) const POLL: Duration = Duration::from_millis(250);
/// The time between two renewals of the row.
pub(super) const RENEWAL: Duration = Duration::from_secs(1);

impl Nodes {
    /// Makes this process a node, which may serve from memory while its lease runs. From now on, the node applies each change to
    /// `memory` before the barrier of the change returns, unless its lease runs out first.
    pub async fn follow(&self, memory: Arc<dyn Follower>) -> Result<Following, RepositoryError> {
        self.repository.listen().await?;
        let mut node = LocalNode::new(self.clone(), memory);
        if let Err(error) = node.enter().await {
            // If this fails too, other processes remove the row after a lease.
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
    /// Registers the node, and then does its first step.
    pub(super) async fn enter(&mut self) -> Result<(), RepositoryError> {
        let repository = &self.nodes.repository;
        let leases = repository.enter_lease().await?;
        let setting = repository.configured_lease();
        if leases.in_force != setting {
            tracing::warn!(
                setting_seconds = setting.as_secs(),
                in_force_seconds = leases.in_force.as_secs(),
                "the setting `consistency.lease` differs from the lease in force; using the lease in force, which `models-api lease set` changes"
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
            // The step serves only catch-ups from before it begins, because it may miss a change that commits later.
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
                    tracing::error!(%error, "this program does not support the catalog's level, and the node serves nothing; replace the program");
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
            tracing::warn!(%error, "failed to remove the node's row; others remove it after a lease");
        }
    }

    /// Waits for a hint, a catch-up, or the next poll.
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
