//! A step of the follower: read what is new, apply it, and extend the lease.

use std::time::Duration;

use models_core::{CatalogState, Leases, RepositoryError, Snapshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::local_node::LocalNode;
use super::pages::PAGE;
use super::run::{POLL, RENEWAL};
use crate::lease::clock::BootTime;

impl LocalNode {
    /// Reads what is new in the log, and applies it. The lease is extended if the row is renewed first.
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
            // A server that was replaced may be read for a while. The renewal tells whether this was the old server
            // or the new one.
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

    /// How long a read that does not renew the row may take: reads that hang must not cost a lease that could be
    /// renewed.
    fn longest_read(&self) -> Duration {
        let since = self.lease.clock.now().since(self.renewed);
        RENEWAL.saturating_sub(since).max(POLL)
    }

    /// Extends the lease, counted from when the renewal was sent.
    fn extend_lease(&mut self, sent: BootTime, leases: Option<Leases>) {
        // The row names `length` until the next renewal. A longer lease is taken only after that.
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

    /// Reads something if nothing else has for a while, so that the node knows whether it can.
    fn probe_reads(&self) {
        let repository = self.nodes.repository.clone();
        if repository.time_since_read() > RENEWAL {
            let probe = async move { drop(repository.position().await) };
            self.nodes.runtime.spawn(probe);
        }
    }

    /// Removes the rows of expired nodes, and ends a change of the lease that has run its course.
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

    /// It waits for its turn, so nothing waits for it.
    fn store_previous_lease(&self, leases: Leases, previous: Duration) -> JoinHandle<()> {
        let repository = self.nodes.repository.clone();
        self.nodes.runtime.spawn(async move {
            if let Err(error) = repository.settle_lease(leases, previous).await {
                tracing::warn!(%error, "failed to end the change of the lease; retrying");
            }
        })
    }
}
