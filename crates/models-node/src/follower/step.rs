//! A step of the follower: read new events, apply them, and extend the lease.

use std::time::Duration;

use models_core::{CatalogState, Leases, RepositoryError, Snapshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::local_node::LocalNode;
use super::pages::PAGE;
use super::run::{POLL, RENEWAL};
use crate::lease::clock::BootTime;

impl LocalNode {
    /// Reads new events and applies them. If `renews`, it renews the row before that, and extends the lease after it.
    pub(super) async fn step(&mut self, renews: bool) -> Result<(), RepositoryError> {
        if let Err(error) = self.nodes.repository.check_database() {
            self.begin_from_nothing();
            return Err(error);
        }
        let renews = renews || !self.nodes.repository.has_registry_in_place();
        if self.is_withdrawn {
            self.come_back().await?;
        }
        if let (false, Some(applied)) = (renews, &self.position) {
            let reading = self.nodes.repository.list_after(applied.revision, PAGE);
            let read = timeout(self.longest_read(), reading).await;
            let Snapshot { position, value } = read.map_err(|_| {
                RepositoryError::Unavailable("the event log took too long".into())
            })??;
            if applied.epoch == position.epoch {
                return self.take(&position, Some(value)).await;
            }
            // The read may have reached the old server after another one took over. The renewal shows which of them this
            // was.
        }
        let sent = self.lease.clock.now();
        let CatalogState {
            position, leases, ..
        } = self.renew().await?;
        self.take(&position, None).await?;
        self.extend_lease(sent, leases);
        self.probe_reads();
        self.observe_others(sent, leases).await
    }

    /// The deadline of a read before the renewal is due: a read that hangs must not delay the renewal.
    fn longest_read(&self) -> Duration {
        let since = self.lease.clock.now().since(self.renewed);
        RENEWAL.saturating_sub(since).max(POLL)
    }

    /// Extends the lease. It counts from the sending of the renewal.
    fn extend_lease(&mut self, sent: BootTime, leases: Option<Leases>) {
        // The row names `length` until the next renewal, so a longer lease must wait for that.
        let lease = leases.map_or(self.length, |leases| leases.of_nodes());
        self.lease.extend(sent + self.length.min(lease));
        self.renewed = sent;
        if self.length != lease {
            tracing::info!(
                seconds = lease.as_secs_f64(),
                "the node takes another lease"
            );
            self.length = lease;
        }
    }

    /// Reads the position if the process has read nothing for a while, so that the node knows whether reads succeed.
    fn probe_reads(&self) {
        let repository = self.nodes.repository.clone();
        if repository.time_since_read() > RENEWAL {
            let probe = async move { drop(repository.position().await) };
            self.nodes.runtime.spawn(probe);
        }
    }

    /// Removes the rows of expired nodes, and ends a change of the lease when it is time.
    async fn observe_others(
        &mut self,
        now: BootTime,
        leases: Option<Leases>,
    ) -> Result<(), RepositoryError> {
        let rows = self.nodes.repository.list().await?;
        let expired = self.observed.expired(&rows);
        self.nodes.remove_expired(expired).await;
        let longest = rows.iter().map(|row| row.lease).max().unwrap_or_default();
        if let Some(leases) = leases
            && let Some(previous) = self.settling.previous(leases, longest, now)
            && self.storing.as_ref().is_none_or(JoinHandle::is_finished)
        {
            self.storing = Some(self.store_previous_lease(leases, previous));
        }
        Ok(())
    }

    /// Stores the previous lease in a task, because that waits for its turn.
    fn store_previous_lease(&self, leases: Leases, previous: Duration) -> JoinHandle<()> {
        let repository = self.nodes.repository.clone();
        self.nodes.runtime.spawn(async move {
            if let Err(error) = repository.settle_lease(leases, previous).await {
                tracing::warn!(%error, "failed to end the change of the lease; retrying");
            }
        })
    }
}
