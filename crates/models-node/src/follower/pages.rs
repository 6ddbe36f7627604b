//! Applies the event log to memory, page by page.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering;

use models_core::{
    Epoch, LogEntry, NodeRepository, Page, Position, RepositoryError, Revision, Snapshot,
};

use super::local_node::LocalNode;

/// The most events in a page.
pub(super) const PAGE: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);
/// A node that is further behind than this, in events, drops everything in memory instead of reading the log.
const TOO_MANY: i64 = 20_000;

impl LocalNode {
    /// Applies all events up to this position, and publishes it if a barrier may wait for it. `first` is the first page, if it
    /// was read at that position.
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

    /// Returns whether an event took something away, or may have done so.
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
        // The log is read again after an empty page.
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

    /// Drops everything in memory, and begins at this position.
    fn drop_everything(&mut self, newest: &Position) {
        tracing::info!(revision = newest.revision.0, "dropped everything in memory");
        self.memory.begin_epoch(&newest.epoch);
        self.nodes
            .observer
            .tell(|observer| observer.dropped_everything());
        self.position = Some(newest.clone());
    }

    /// Applies these rows of the log. Drops everything in memory if a row is missing, or if this version does not understand a
    /// row. Returns whether an event took something away, or may have done so.
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

/// The page of the log after this revision, and the newest revision at the same moment. Returns `Unavailable` if the server is
/// in another epoch.
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
        "the server with the event log is not the server that took the node's row".into(),
    ))
}
