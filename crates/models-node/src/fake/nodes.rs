//! The nodes' rows of the fake database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use models_core::{CatalogState, Leases, NodeRepository, NodeRow, Renewal, RepositoryError};

use super::database::{Fake, LEASE};
use super::state::{Fault, Row};
use crate::lease::Lease;

#[async_trait]
impl NodeRepository for Fake {
    fn configured_lease(&self) -> Duration {
        LEASE
    }

    fn rest(&self) -> Option<Duration> {
        self.state().rest
    }

    fn time_since_read(&self) -> Duration {
        self.state().time_since_read
    }

    fn check_database(&self) -> Result<(), RepositoryError> {
        self.state().check(Fault::Replaced)
    }

    fn has_registry_in_place(&self) -> bool {
        self.state().check(Fault::RegistryMoved).is_ok()
    }

    async fn listen(&self) -> Result<(), RepositoryError> {
        self.state().note("listen");
        Ok(())
    }

    async fn committed(&self) {
        self.committed.notified().await;
    }

    async fn catalog(&self) -> Result<CatalogState, RepositoryError> {
        let state = self.state();
        state.catalog(state.read_epoch)
    }

    async fn enter_lease(&self) -> Result<Leases, RepositoryError> {
        self.state().note("enter lease");
        Ok(self.state().leases)
    }

    async fn settle_lease(&self, _: Leases, previous: Duration) -> Result<(), RepositoryError> {
        self.state().settled.push(previous);
        Ok(())
    }

    async fn register(&self, id: &str, lease: Duration) -> Result<(), RepositoryError> {
        let mut state = self.state();
        let now = self.clock.now();
        let is_held = |lease: &Arc<Lease>| lease.hold_at(now).is_some();
        let is_serving = state.lease.as_ref().is_some_and(is_held);
        state.note(if is_serving {
            "register while it serves"
        } else {
            "register"
        });
        let row = Row {
            epoch: String::new(),
            applied: -1,
            renewal: 0,
            lease,
        };
        state.rows.insert(id.to_owned(), row);
        Ok(())
    }

    async fn renew(&self, renewal: Renewal<'_>) -> Result<Option<CatalogState>, RepositoryError> {
        let mut state = self.state();
        self.clock.advance(state.renewals_take);
        state.check(Fault::Renewals)?;
        state.note(format!("renew with {}", applied(renewal)));
        if !state.write(renewal) {
            return Ok(None);
        }
        state.catalog(state.registry_epoch).map(Some)
    }

    async fn publish(&self, renewal: Renewal<'_>) -> Result<(), RepositoryError> {
        let mut state = self.state();
        state.note(format!("publish {}", applied(renewal)));
        state.write(renewal);
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), RepositoryError> {
        self.state().rows.remove(id);
        Ok(())
    }

    async fn withdraw(&self, id: &str, renewal: i64) -> Result<(), RepositoryError> {
        let mut state = self.state();
        state.note("withdraw");
        state
            .rows
            .retain(|row_id, row| row_id != id || row.renewal > renewal);
        Ok(())
    }

    async fn remove_expired(&self, id: &str, renewal: i64) -> Result<(), RepositoryError> {
        let mut state = self.state();
        state
            .rows
            .retain(|row_id, row| row_id != id || row.renewal != renewal);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<NodeRow>, RepositoryError> {
        self.state().list()
    }

    async fn list_complete(&self, _: Duration) -> Result<Vec<NodeRow>, RepositoryError> {
        let takes = self.state().rows_take;
        tokio::time::sleep(takes).await;
        let mut state = self.state();
        state.note("list rows");
        state.list()
    }
}

/// The revision that a renewal publishes as applied.
fn applied(renewal: Renewal<'_>) -> String {
    let applied = renewal.applied.map(|position| position.revision.0);
    applied.map_or("nothing".to_owned(), |revision| revision.to_string())
}
