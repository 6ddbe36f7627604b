//! From a token to the session that it stands for.

use std::collections::HashSet;
use std::sync::Arc;

use models_core::{
    ApiKeyId, ApiKeyRepository, Epoch, KeyDigest, RepositoryError, Snapshot, Timestamp,
};

use super::known::{Key, Known};
use super::refusal::KeyRefusal;
use super::session::Session;
use super::uses::Uses;
use crate::cache::{Cache, CacheCounters};
use crate::lease::HeldLease;
use crate::lease::clock::BootTime;

/// The sessions of keys. Wherever it takes a time of day, that decides whether a key has expired, and is
/// recorded as its last use.
pub struct Sessions<S: Session> {
    api_keys: Arc<dyn ApiKeyRepository>,
    known: Cache<KeyDigest, Known<S>>,
    /// Of keys that were evicted, or that could not be recorded.
    uses: Arc<Uses>,
}

impl<S: Session> Sessions<S> {
    /// The sessions of these keys; up to so many bytes of them stay in memory.
    #[must_use]
    pub fn new(
        api_keys: Arc<dyn ApiKeyRepository>,
        limit: usize,
        counters: Arc<CacheCounters>,
    ) -> Self {
        Self {
            api_keys,
            known: Cache::new(limit, counters),
            uses: Arc::default(),
        }
    }

    /// The session of this token, and the lease under which it may be used, or why there is no session;
    /// `acquire` acquires the node's lease.
    pub async fn authenticate(
        &self,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        token: &str,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<Result<(HeldLease, Arc<S>), KeyRefusal>, RepositoryError> {
        let Ok(digest) = KeyDigest::of(token) else {
            return Ok(Err(KeyRefusal::Malformed));
        };
        // From before the database is read: what is found to be missing may be there from then on.
        let read_at = acquire()?.at();
        let read = || self.read(&digest, read_at);
        let (held, known) = self.known.get_or_read(&digest, acquire, read).await?;
        Ok(known.session(now).map(|session| (held, session)))
    }

    /// The session of this token, if it is in memory. A token that cannot be a key is not there.
    pub fn remember(
        &self,
        held: &HeldLease,
        token: &[u8],
        now: impl FnOnce() -> Timestamp,
    ) -> Option<Arc<S>> {
        let digest = KeyDigest::of_unchecked(token);
        self.known.get(held, &digest)?.session(now).ok()
    }

    /// Whether only the database can say whether this token is a key.
    #[must_use]
    pub fn needs_look_up(&self, held: &HeldLease, token: &str) -> bool {
        KeyDigest::of(token).is_ok_and(|digest| self.known.get(held, &digest).is_none())
    }

    async fn read(
        &self,
        digest: &KeyDigest,
        now: BootTime,
    ) -> Result<Snapshot<Arc<Known<S>>>, RepositoryError> {
        let Snapshot { position, value } = self.api_keys.find_by_digest(digest).await?;
        let known = match value {
            Some(key) => Known::new(&key, self.uses.clone())?,
            None => Known::Missing { at: now },
        };
        Ok(Snapshot {
            position,
            value: Arc::new(known),
        })
    }

    /// Records which keys were used since this was last done, and when. Uses that cannot be recorded
    /// are kept for the next time.
    pub async fn record_uses(&self) -> Result<(), RepositoryError> {
        let mut uses = self.uses.take();
        self.known.for_each(|known| {
            uses.extend(known.key().and_then(Key::take_use));
        });
        if uses.is_empty() {
            return Ok(());
        }
        let recorded = self.api_keys.record_uses(uses.clone()).await;
        if recorded.is_err() {
            self.uses.add(uses);
        }
        recorded
    }

    /// Drops these keys, and what is known to be no key.
    pub fn drop_keys(&self, gone: &HashSet<&ApiKeyId>) {
        self.known.remove_where(|_, known| {
            let key = known.key();
            key.is_none_or(|key| gone.contains(key.id()))
        });
    }

    /// Drops everything. The epoch stays.
    pub fn invalidate(&self) {
        self.known.invalidate();
    }

    /// Drops everything, and keeps from now on only what is read in this epoch.
    pub fn forget(&self, epoch: &Epoch) {
        self.known.forget(epoch);
    }

    /// Drops what is known of this token.
    #[cfg(any(test, feature = "pause-points"))]
    pub fn evict(&self, token: &str) {
        self.known
            .remove(&KeyDigest::of_unchecked(token.as_bytes()));
    }
}
