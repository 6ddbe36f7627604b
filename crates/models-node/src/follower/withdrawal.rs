//! The withdrawal of a node that cannot read the event log.

use models_core::{RepositoryError, Revision};

use super::local_node::LocalNode;
use super::pages::PAGE;

impl LocalNode {
    /// Removes the node's row if the node has failed to follow the log for a whole lease. The node registers again as soon as
    /// it can read the log.
    pub(super) async fn withdraw_if_lost(&mut self) {
        if self.is_withdrawn || self.lease.clock.now().since(self.followed) < self.length {
            return;
        }
        tracing::error!(
            "failed to follow the event log for a whole lease; withdrawing the node until it can be read"
        );
        self.lease.end();
        self.nodes.published.send_replace(None);
        self.is_withdrawn = true;
        let repository = &self.nodes.repository;
        if let Err(error) = repository.withdraw(&self.id, self.renewal).await {
            tracing::warn!(%error, "failed to remove the node's row; others remove it after a lease");
        }
    }

    /// Starts again with empty memory if the log can be read again.
    pub(super) async fn come_back(&mut self) -> Result<(), RepositoryError> {
        let applied = self.position.as_ref();
        let applied = applied.map_or(Revision(0), |position| position.revision);
        let repository = &self.nodes.repository;
        repository.list_after(applied, PAGE).await?;
        repository.withdraw(&self.id, self.renewal).await?;
        tracing::info!("the event log can be read again; starting again with empty memory");
        self.begin_anew().await?;
        self.is_withdrawn = false;
        Ok(())
    }
}
