//! Finds the session of a token.

use std::sync::Arc;

use models_core::{
    Administrator, Credential, CredentialRepository, Epoch, KeyDigest, KeyUses, RepositoryError,
    Snapshot, Timestamp,
};

use super::gone::Gone;
use super::known::Known;
use super::policies::SharedPolicies;
use super::refusal::KeyRefusal;
use super::session::Session;
use super::uses::{KeyId, Uses};
use crate::cache::{Cache, CacheCounters};
use crate::lease::HeldLease;
use crate::lease::clock::BootTime;

/// The sessions of keys, of both kinds. Methods that take the time compare it with the key's expiry, and record it as the key's last
/// use.
pub struct Sessions<S: Session> {
    credentials: Arc<dyn CredentialRepository>,
    known: Cache<KeyDigest, Known<S>>,
    policies: SharedPolicies,
    /// The uses of keys whose sessions were dropped, and those that could not be recorded.
    uses: Arc<Uses>,
}

impl<S: Session> Sessions<S> {
    /// The sessions of these keys. The cache takes at most `limit` bytes.
    #[must_use]
    pub fn new(
        credentials: Arc<dyn CredentialRepository>,
        limit: usize,
        counters: Arc<CacheCounters>,
    ) -> Self {
        Self {
            credentials,
            known: Cache::new(limit, counters),
            policies: SharedPolicies::default(),
            uses: Arc::default(),
        }
    }

    /// The session of this token, loaded from the database on a miss, and the lease under which it may be used. A refusal says
    /// why there is no session. `acquire` acquires the node's lease.
    pub async fn authenticate(
        &self,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        token: &str,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<Result<(HeldLease, Arc<S>), KeyRefusal>, RepositoryError> {
        let found = self.find(acquire, token).await?;
        Ok(found.and_then(|(held, known)| Ok((held, known.session(now)?))))
    }

    /// The administrator of this token, as [`authenticate`](Self::authenticate) finds the session of one.
    pub async fn administrator(
        &self,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        token: &str,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<Result<(HeldLease, Arc<Administrator>), KeyRefusal>, RepositoryError> {
        let found = self.find(acquire, token).await?;
        Ok(found.and_then(|(held, known)| Ok((held, known.administrator(now)?))))
    }

    /// The entry for this token, loaded from the database on a miss, and the lease under which it may be used.
    async fn find(
        &self,
        acquire: impl Fn() -> Result<HeldLease, RepositoryError>,
        token: &str,
    ) -> Result<Result<(HeldLease, Arc<Known<S>>), KeyRefusal>, RepositoryError> {
        let Ok(digest) = KeyDigest::of(token) else {
            return Ok(Err(KeyRefusal::Malformed));
        };
        // The time from before the read: a key that the read does not find may exist from then on.
        let read_at = acquire()?.at();
        let read = || self.read(&digest, read_at);
        self.known.get_or_load(&digest, acquire, read).await.map(Ok)
    }

    /// The session of this token, if the token is a valid key; `None` is also a miss. No malformed token has an entry, so this
    /// does not check the token's form.
    pub fn get(
        &self,
        held: &HeldLease,
        token: &[u8],
        now: impl FnOnce() -> Timestamp,
    ) -> Option<Arc<S>> {
        let digest = KeyDigest::of_unchecked(token);
        self.known.get(held, &digest)?.session(now).ok()
    }

    /// Whether the database must be read to authenticate this token.
    #[must_use]
    pub fn needs_look_up(&self, held: &HeldLease, token: &str) -> bool {
        KeyDigest::of(token).is_ok_and(|digest| self.known.get(held, &digest).is_none())
    }

    async fn read(
        &self,
        digest: &KeyDigest,
        now: BootTime,
    ) -> Result<Snapshot<Arc<Known<S>>>, RepositoryError> {
        let Snapshot { position, value } = self.credentials.find_by_digest(digest).await?;
        let known = match value {
            Some(Credential::ApiKey(mut access)) => {
                self.policies.share(&mut access.policies);
                Known::new(&access, self.uses.clone())?
            }
            Some(Credential::AdminApiKey(access)) => Known::of_admin(access, self.uses.clone()),
            None => Known::Missing { at: now },
        };
        Ok(Snapshot {
            position,
            value: Arc::new(known),
        })
    }

    /// Writes the last use of each key that was used since the call before to the database. After an error, the next call
    /// writes these uses too.
    pub async fn record_uses(&self) -> Result<(), RepositoryError> {
        let mut uses = self.uses.take();
        self.known.for_each(|known| uses.extend(known.take_use()));
        if uses.is_empty() {
            return Ok(());
        }
        let mut recorded = KeyUses::default();
        for (id, at) in &uses {
            match id {
                KeyId::Key(id) => recorded.api_keys.push((id.clone(), *at)),
                KeyId::Admin(id) => recorded.admin_api_keys.push((id.clone(), *at)),
            }
        }
        let recorded = self.credentials.record_uses(recorded).await;
        if recorded.is_err() {
            self.uses.add(uses);
        }
        recorded
    }

    /// Drops the sessions of these keys, and all entries for missing keys.
    pub(crate) fn drop_keys(&self, gone: &Gone<'_>) {
        self.known.remove_where(|_, known| gone.has(known));
    }

    /// Drops all entries. The epoch stays.
    pub fn invalidate(&self) {
        self.known.invalidate();
    }

    /// Drops all entries. From now on, the cache inserts only keys that were read in this epoch.
    pub fn begin_epoch(&self, epoch: &Epoch) {
        self.known.begin_epoch(epoch);
    }

    /// Drops the entry for this token.
    #[cfg(any(test, feature = "pause-points"))]
    pub fn evict(&self, token: &str) {
        self.known
            .remove(&KeyDigest::of_unchecked(token.as_bytes()));
    }
}
