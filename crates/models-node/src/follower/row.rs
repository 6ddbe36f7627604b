//! The node's row: its registration and its renewals.

use models_core::{CatalogState, Renewal, RepositoryError};

use super::local_node::{LocalNode, new_id};

impl LocalNode {
    /// Renews the row, and returns the catalog's row after that.
    pub(super) async fn renew(&mut self) -> Result<CatalogState, RepositoryError> {
        if let Some(catalog) = self.renew_row().await? {
            return Ok(catalog);
        }
        tracing::warn!("this node's row is gone; the node begins anew");
        self.begin_anew().await?;
        self.renew_row().await?.ok_or_else(|| {
            RepositoryError::Unavailable("the node's row was taken out at once".into())
        })
    }

    /// Ends the lease, and nothing in memory counts any more.
    pub(super) fn begin_from_nothing(&mut self) {
        self.lease.end();
        self.position = None;
    }

    /// Registers another row, with nothing in memory.
    pub(super) async fn begin_anew(&mut self) -> Result<(), RepositoryError> {
        self.begin_from_nothing();
        let repository = &self.nodes.repository;
        // A catalog of a higher level takes no such row.
        let leases = repository.catalog().await?.leases;
        self.length = leases.map_or(self.length, |leases| leases.of_nodes());
        self.id = new_id();
        repository.register(&self.id, self.length).await
    }

    /// Publishes what memory has applied.
    pub(super) async fn publish(&mut self) -> Result<(), RepositoryError> {
        self.renewal += 1;
        self.nodes.repository.publish(self.renewal()).await?;
        let revision = self.position.as_ref().map(|position| position.revision);
        self.nodes.published.send_replace(revision);
        Ok(())
    }

    /// Publishes what memory has applied, and returns the catalog's row after that. `None` if the node's row is gone.
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
