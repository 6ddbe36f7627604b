//! The cache entries for the digests of tokens.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use models_core::{ApiKey, ApiKeyId, RepositoryError, Timestamp, Validity};

use super::refusal::KeyRefusal;
use super::session::Session;
use super::uses::Uses;
use crate::cache::Cached;
use crate::lease::clock::BootTime;

/// How long an entry for a missing key is valid. The creation of a key is an event, which invalidates these entries, but a
/// restore of the database appends no events.
pub(super) const MISSING_FOR: Duration = Duration::from_secs(5);

/// The cache entry for a digest.
pub(super) enum Known<S: Session> {
    Key(Key<S>),
    /// At this time, the database had no key with this digest.
    Missing {
        at: BootTime,
    },
}

pub(super) struct Key<S: Session> {
    validity: Validity,
    session: Arc<S>,
    uses: Arc<Uses>,
    /// The time of the last use, in Unix seconds; 0 if the key was not used since its last use was recorded.
    used_at: AtomicU32,
}

impl<S: Session> Key<S> {
    /// Marks the key as used. It writes at most once a second, because many threads read this memory.
    fn mark(&self, now: Timestamp) {
        if self.used_at.load(Ordering::Relaxed) != now.seconds() {
            self.used_at.store(now.seconds(), Ordering::Relaxed);
        }
    }

    /// Takes the last use if it was not recorded yet.
    pub(super) fn take_use(&self) -> Option<(ApiKeyId, Timestamp)> {
        let at = self.used_at.swap(0, Ordering::Relaxed);
        let id = || self.id().clone();
        (at > 0).then(|| (id(), Timestamp::from_seconds(at)))
    }

    pub(super) fn id(&self) -> &ApiKeyId {
        &self.session.principal().key_id
    }
}

impl<S: Session> Drop for Key<S> {
    fn drop(&mut self) {
        if let Some(used) = self.take_use() {
            self.uses.add([used]);
        }
    }
}

impl<S: Session> Known<S> {
    /// The entry for this key. When the entry is dropped, its last use goes to `uses`.
    pub(super) fn new(key: &ApiKey, uses: Arc<Uses>) -> Result<Self, RepositoryError> {
        Ok(Self::Key(Key {
            validity: key.validity(),
            session: Arc::new(S::new(key)?),
            uses,
            used_at: AtomicU32::new(0),
        }))
    }

    pub(super) fn key(&self) -> Option<&Key<S>> {
        match self {
            Self::Key(key) => Some(key),
            Self::Missing { .. } => None,
        }
    }

    /// The session of the key, if the key is valid at this time.
    pub(super) fn session(&self, now: impl FnOnce() -> Timestamp) -> Result<Arc<S>, KeyRefusal> {
        let key = self.key().ok_or(KeyRefusal::Unknown)?;
        let now = now();
        let refused = |rejection| KeyRefusal::of(rejection, key.session.principal());
        key.validity.check(now).map_err(refused)?;
        key.mark(now);
        Ok(key.session.clone())
    }
}

impl<S: Session> Cached for Known<S> {
    type Change = Infallible;

    fn size(&self) -> usize {
        /// An estimate: a session holds a dozen short texts.
        const KEY: usize = 1_024;
        self.key().map_or(size_of::<Self>(), |_| KEY)
    }

    fn changed(known: &Arc<Self>, _: &[Infallible]) -> Option<Arc<Self>> {
        Some(known.clone())
    }

    fn is_expired(&self, now: BootTime) -> bool {
        match self {
            Self::Key(_) => false,
            Self::Missing { at } => now.since(*at) >= MISSING_FOR,
        }
    }
}
