//! Applying the event log to memory, page by page.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering;

use models_core::{
    Epoch, LogEntry, NodeRepository, Page, Position, RepositoryError, Revision, Snapshot,
};

use super::local_node::LocalNode;

/// How many events are read at once.
pub(super) const PAGE: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);
/// If the node is further behind, it drops everything instead.
const TOO_MANY: i64 = 20_000;

impl LocalNode {
    /// Applies everything up to this position, of which the first page may have been read already, at that
    /// position, and publishes that if a barrier may wait for it.
    pub(super) async fn take(
        &mut self,
        newest: &Position,
        first: Option<Page<LogEntry, Revision>>,
    ) -> Result<(), RepositoryError> {
        self.lease.seen.store(newest.revision.0, Ordering::Release);
        let heard = self.lease.clock.now().nanoseconds();
        self.lease.heard.store(heard, Ordering::Release);
        let takes_away = self.apply_up_to(newest, first).await?;
        self.lease
            .applied
            .store(newest.revision.0, Ordering::Release);
        if takes_away {
            self.publish().await?;
        }
        self.followed = self.lease.clock.now();
        Ok(())
    }

    /// Returns whether something was taken away, or may have been.
    async fn apply_up_to(
        &mut self,
        newest: &Position,
        first: Option<Page<LogEntry, Revision>>,
    ) -> Result<bool, RepositoryError> {
        let behind = match &self.position {
            Some(position) if position.epoch == newest.epoch => {
                newest.revision.0 - position.revision.0
            }
            Some(_) | None => -1,
        };
        if !(0..=TOO_MANY).contains(&behind) {
            self.drop_everything(newest);
            return Ok(true);
        }
        let mut takes_away = false;
        // An empty one is read again.
        let mut first = first.filter(|page| !page.items.is_empty());
        while let Some(position) = self.position.as_mut()
            && position.revision < newest.revision
        {
            let (end, page) = match first.take() {
                Some(page) => (newest.revision, page),
                None => read(&*self.nodes.repository, position.revision, &newest.epoch).await?,
            };
            let last = page.next.unwrap_or(end);
            let expected = last.0 - position.revision.0;
            position.revision = last;
            let is_whole = i64::try_from(page.items.len()).is_ok_and(|found| found == expected);
            if !is_whole {
                tracing::error!(
                    revision = last.0,
                    "rows before this revision are missing from the event log"
                );
            }
            takes_away |= self.apply(page.items, is_whole);
        }
        Ok(takes_away)
    }

    /// Begins at this position, with nothing in memory.
    fn drop_everything(&mut self, newest: &Position) {
        tracing::info!(revision = newest.revision.0, "everything is read anew");
        self.memory.forget(&newest.epoch);
        self.nodes
            .observer
            .tell(|observer| observer.dropped_everything());
        self.position = Some(newest.clone());
    }

    /// Applies these rows of the log, and drops everything if one of them is missing or not understood. Returns
    /// whether something was taken away, or may have been.
    fn apply(&self, entries: Vec<LogEntry>, is_whole: bool) -> bool {
        let count = entries.len();
        let events = entries.into_iter().filter_map(LogEntry::into_event);
        let events: Vec<_> = events.collect();
        self.memory.apply(&events);
        if is_whole && events.len() == count {
            return events.iter().any(|event| event.change.takes_away());
        }
        self.memory.invalidate();
        self.nodes
            .observer
            .tell(|observer| observer.dropped_everything());
        true
    }
}

/// The page after this revision of the log with this epoch, and the newest revision at the same moment.
async fn read(
    repository: &dyn NodeRepository,
    after: Revision,
    epoch: &Epoch,
) -> Result<(Revision, Page<LogEntry, Revision>), RepositoryError> {
    let Snapshot { position, value } = repository.list_after(after, PAGE).await?;
    if position.epoch == *epoch {
        return Ok((position.revision, value));
    }
    Err(RepositoryError::Unavailable(
        "the log is not that of the server which took the node's row".into(),
    ))
}
