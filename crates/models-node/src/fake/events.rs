//! The event log of the fake database.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use models_core::{
    EventRepository, LogEntry, OrganizationId, Page, Position, RepositoryError, Revision, Snapshot,
};

use super::database::Fake;
use super::state::Fault;

#[async_trait]
impl EventRepository for Fake {
    async fn revision(&self) -> Result<Revision, RepositoryError> {
        Ok(self.state().newest())
    }

    async fn revision_of_organization(
        &self,
        _: &OrganizationId,
    ) -> Result<Revision, RepositoryError> {
        unreachable!()
    }

    async fn token_secret(&self) -> Result<[u8; 16], RepositoryError> {
        Ok([7; 16])
    }

    async fn position(&self) -> Result<Position, RepositoryError> {
        let mut state = self.state();
        state.time_since_read = Duration::ZERO;
        Ok(state.catalog(state.read_epoch)?.position)
    }

    async fn list_after(
        &self,
        revision: Revision,
        limit: NonZeroU32,
    ) -> Result<Snapshot<Page<LogEntry, Revision>>, RepositoryError> {
        let takes = self.state().reads_take;
        tokio::time::sleep(takes).await;
        let mut state = self.state();
        state.check(Fault::Log)?;
        state.note(format!("read after {revision}"));
        let position = state.catalog(state.read_epoch)?.position;
        let last = revision.0 + i64::from(limit.get().min(state.most_rows));
        let within = |entry: &&LogEntry| (revision.0 + 1..=last).contains(&entry.revision().0);
        let items = state.log.iter().filter(within).cloned().collect();
        let next = (last < position.revision.0).then_some(Revision(last));
        let value = Page { items, next };
        Ok(Snapshot { position, value })
    }
}
