//! The registration and the renewals of the node's row.

use models_core::{CatalogState, Renewal, RepositoryError};

use super::local_node::{LocalNode, new_id};

impl LocalNode {
    /// Renews the row, and then returns the state of the catalog.
    pub(super) async fn renew(&mut self) -> Result<CatalogState, RepositoryError> {
        if let Some(catalog) = self.renew_row().await? {
            return Ok(catalog);
        }
        tracing::warn!("this node's row is gone; starting again with empty memory");
        self.begin_anew().await?;
        self.renew_row().await?.ok_or_else(|| {
            RepositoryError::Unavailable(
                "the node's row was removed right after its registration".into(),
            )
        })
    }

    /// Ends the lease. The next step drops everything in memory.
    pub(super) fn begin_from_nothing(&mut self) {
        self.lease.end();
        self.position = None;
    }

    /// Ends the lease, and registers another row.
    pub(super) async fn begin_anew(&mut self) -> Result<(), RepositoryError> {
        self.begin_from_nothing();
        let repository = &self.nodes.repository;
        // Fails if this program does not support the catalog's level.
        let leases = repository.catalog().await?.leases;
        self.length = leases.map_or(self.length, |leases| leases.of_nodes());
        self.id = new_id();
        repository.register(&self.id, self.length).await
    }

    /// Publishes the position that memory has applied.
    pub(super) async fn publish(&mut self) -> Result<(), RepositoryError> {
        self.renewal += 1;
        self.nodes.repository.publish(self.renewal()).await?;
        let revision = self.position.as_ref().map(|position| position.revision);
        self.nodes.published.send_replace(revision);
        Ok(())
    }

    /// Renews the row with the position that memory has applied, and then returns the state of the catalog. `None` if the row is
    /// gone.
    async fn renew_row(&mut self) -> Result<Option<CatalogState>, RepositoryError> {
        self.renewal += 1;
        self.nodes.repository.renew(self.renewal()).await
    }

    fn renewal(&self) -> Renewal<'_> {
        Renewal {
            id: &self.id,
            applied: self.position.as_ref(),
            number: self.renewal,
            lease: self.length,
        }
    }
}
