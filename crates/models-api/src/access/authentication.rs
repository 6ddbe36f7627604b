//! From a token to whom it stands for.

mod uses;

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_http::header::HeaderValue;
use actix_web::web::Bytes;
use models_core::{
    ApiKey, ApiKeyId, ApiKeyRepository, Epoch, KeyDigest, Principal, RepositoryError, Snapshot,
    Timestamp, Validity,
};
use models_node::{BootTime, Cache, CacheCounters, Cached, HeldLease};

use self::uses::Uses;
use crate::access::key_refusal::KeyRefusal;
use crate::clock::now_roughly;

/// How long the cache holds that there is no key with a digest. The creation of a key is an event, which
/// invalidates these entries; a restore of the database makes no events.
const MISSING_FOR: Duration = Duration::from_secs(5);

/// Knows the keys.
pub struct Authenticator {
    api_keys: Arc<dyn ApiKeyRepository>,
    known: Cache<KeyDigest, Known>,
    /// Of keys that were evicted, or that could not be recorded.
    uses: Arc<Uses>,
}

/// The holder of a key: who it is, and what every answer to it says of that.
pub struct Session {
    /// Whom the key stands for.
    pub principal: Principal,
    /// The organization's slug.
    pub(crate) organization: HeaderValue,
    /// The project's id.
    pub(crate) project: HeaderValue,
}

impl Session {
    fn new(key: &ApiKey) -> Result<Self, RepositoryError> {
        let principal = key.holder();
        let (slug, project) = (
            principal.organization_slug.as_str(),
            principal.project_id.as_str(),
        );
        // Beside each other in memory, where they are read together.
        let mut values = Bytes::from([slug, project].concat());
        let value = |text: Bytes| {
            HeaderValue::from_maybe_shared(text)
                .map_err(|error| RepositoryError::Failed(error.into()))
        };
        Ok(Self {
            organization: value(values.split_to(slug.len()))?,
            project: value(values)?,
            principal,
        })
    }
}

/// A cache entry for a digest.
enum Known {
    Key(Key),
    /// The database had no key with this digest at this time.
    Missing {
        at: BootTime,
    },
}

struct Key {
    validity: Validity,
    session: Arc<Session>,
    uses: Arc<Uses>,
    /// When it was last used, in seconds; 0 if it was not since that was last recorded.
    used_at: AtomicU32,
}

impl Key {
    /// That it is used, which is seldom written down: many threads read this memory.
    fn mark(&self, now: Timestamp) {
        if self.used_at.load(Ordering::Relaxed) != now.seconds() {
            self.used_at.store(now.seconds(), Ordering::Relaxed);
        }
    }

    /// The use that has not been recorded.
    fn take_use(&self) -> Option<(ApiKeyId, Timestamp)> {
        let at = self.used_at.swap(0, Ordering::Relaxed);
        let id = || self.session.principal.key_id.clone();
        (at > 0).then(|| (id(), Timestamp::from_seconds(at)))
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        if let Some(used) = self.take_use() {
            self.uses.add([used]);
        }
    }
}

impl Known {
    fn key(&self) -> Option<&Key> {
        match self {
            Self::Key(key) => Some(key),
            Self::Missing { .. } => None,
        }
    }

    /// The session of the key, if it is good at this moment.
    fn session(&self) -> Result<Arc<Session>, KeyRefusal> {
        let key = self.key().ok_or(KeyRefusal::Unknown)?;
        let now = now_roughly();
        let refused = |rejection| KeyRefusal::of(rejection, &key.session.principal);
        key.validity.check(now).map_err(refused)?;
        key.mark(now);
        Ok(key.session.clone())
    }
}

impl Cached for Known {
    type Change = Infallible;

    fn weight(&self) -> usize {
        /// A dozen short texts.
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

impl Authenticator {
    /// Asks these keys, and keeps up to so many bytes in memory.
    #[must_use]
    pub(crate) fn new(
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
    pub(crate) async fn authenticate(
        &self,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        token: &str,
    ) -> Result<Result<(HeldLease, Arc<Session>), KeyRefusal>, RepositoryError> {
        let Ok(digest) = KeyDigest::of(token) else {
            return Ok(Err(KeyRefusal::Malformed));
        };
        // From before the database is read: what is found to be missing may be there from then on.
        let now = acquire()?.at();
        let read = || self.read(&digest, now);
        let (held, known) = self.known.get_or_read(&digest, acquire, read).await?;
        Ok(known.session().map(|session| (held, session)))
    }

    /// The session of this token, if it is in memory. A token that cannot be a key is not there.
    pub(crate) fn remember(&self, held: &HeldLease, token: &[u8]) -> Option<Arc<Session>> {
        let digest = KeyDigest::of_unchecked(token);
        self.known.get(held, &digest)?.session().ok()
    }

    /// Whether only the database can say whether this token is a key.
    pub(crate) fn needs_look_up(&self, held: &HeldLease, token: &str) -> bool {
        KeyDigest::of(token).is_ok_and(|digest| self.known.get(held, &digest).is_none())
    }

    async fn read(
        &self,
        digest: &KeyDigest,
        now: BootTime,
    ) -> Result<Snapshot<Arc<Known>>, RepositoryError> {
        let Snapshot { position, value } = self.api_keys.find_by_digest(digest).await?;
        let known = match value {
            Some(key) => {
                let session = Arc::new(Session::new(&key)?);
                let validity = key.validity();
                Known::Key(Key {
                    validity,
                    session,
                    uses: self.uses.clone(),
                    used_at: AtomicU32::new(0),
                })
            }
            None => Known::Missing { at: now },
        };
        Ok(Snapshot {
            position,
            value: Arc::new(known),
        })
    }

    /// Records which keys were used since this was last done, and when. Uses that cannot be recorded
    /// are kept for the next time.
    pub(crate) async fn record_uses(&self) -> Result<(), RepositoryError> {
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
    pub(crate) fn drop_keys(&self, gone: &HashSet<&ApiKeyId>) {
        self.known.remove_where(|_, known| match known {
            Known::Key(key) => gone.contains(&key.session.principal.key_id),
            Known::Missing { .. } => true,
        });
    }

    pub(crate) fn invalidate(&self) {
        self.known.invalidate();
    }

    #[cfg(test)]
    pub(crate) fn evict(&self, token: &str) {
        self.known
            .remove(&KeyDigest::of_unchecked(token.as_bytes()));
    }

    pub(crate) fn forget(&self, epoch: &Epoch) {
        self.known.forget(epoch);
    }
}

/// A token as it may be shown to whoever sent it: the first 8 and the last 4 characters, and a `*`
/// for each between them. Of 12 characters or fewer nothing is shown. (OpenAI shows those whole.)
#[must_use]
pub fn redact(token: &str) -> String {
    let length = token.chars().count();
    if length <= 12 {
        return "*".repeat(length);
    }
    let first: String = token.chars().take(8).collect();
    let last: String = token.chars().skip(length - 4).collect();
    format!("{first}{}{last}", "*".repeat(length - 12))
}

#[cfg(test)]
mod tests;
