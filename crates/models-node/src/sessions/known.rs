//! The cache entries for the digests of tokens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use models_core::{AdminAccess, Administrator, KeyAccess, RepositoryError, Timestamp, Validity};

use super::last_use::LastUse;
use super::refusal::KeyRefusal;
use super::session::Session;
use super::uses::{KeyId, Uses};
use crate::cache::Cached;
use crate::lease::clock::BootTime;

/// How long an entry for a missing key is valid. The creation of a key is an event, which invalidates these entries, but a
/// restore of the database appends no events.
pub(super) const MISSING_FOR: Duration = Duration::from_secs(5);

/// The cache entry for a digest.
pub(super) enum Known<S: Session> {
    Key(Key<S>),
    Admin(Admin),
    /// At this time, the database had no key with this digest.
    Missing {
        at: BootTime,
    },
}

/// An API key.
pub(super) struct Key<S: Session> {
    validity: Validity,
    pub(super) session: Arc<S>,
    last_use: LastUse,
    /// The share of the policies' memory, in bytes.
    policies: usize,
}

/// An admin API key.
pub(super) struct Admin {
    access: AdminAccess,
    pub(super) administrator: Arc<Administrator>,
    last_use: LastUse,
}

impl<S: Session> Known<S> {
    /// The entry for this key, with shared policies. When the entry is dropped, its last use goes to `uses`.
    pub(super) fn new(access: &KeyAccess, uses: Arc<Uses>) -> Result<Self, RepositoryError> {
        let policies = &access.policies;
        let policies = [&policies.organization, &policies.project].into_iter();
        // The sessions that share a policy each count a part of it.
        let shares = policies
            .flatten()
            .map(|policy| policy.size() / Arc::strong_count(policy));
        let shares = shares.sum();
        Ok(Self::Key(Key {
            validity: access.validity(),
            session: Arc::new(S::new(access)?),
            last_use: LastUse::new(KeyId::Key(access.key.id.clone()), uses),
            policies: shares,
        }))
    }

    /// The entry for this admin key. When the entry is dropped, its last use goes to `uses`.
    pub(super) fn of_admin(access: AdminAccess, uses: Arc<Uses>) -> Self {
        Self::Admin(Admin {
            administrator: Arc::new(access.administrator()),
            last_use: LastUse::new(KeyId::Admin(access.key.id.clone()), uses),
            access,
        })
    }

    /// Takes the last use of the key if it was not recorded yet.
    pub(super) fn take_use(&self) -> Option<(KeyId, Timestamp)> {
        match self {
            Self::Key(key) => key.last_use.take(),
            Self::Admin(key) => key.last_use.take(),
            Self::Missing { .. } => None,
        }
    }

    /// The session of the key, if the key is an API key that is valid at this time.
    pub(super) fn session(&self, now: impl FnOnce() -> Timestamp) -> Result<Arc<S>, KeyRefusal> {
        match self {
            Self::Key(key) => {
                let now = now();
                let refused = |rejection| KeyRefusal::of(rejection, key.session.principal());
                key.validity.check(now).map_err(refused)?;
                key.last_use.mark(now);
                Ok(key.session.clone())
            }
            Self::Admin(key) => {
                key.check(now())?;
                Err(KeyRefusal::WrongKind)
            }
            Self::Missing { .. } => Err(KeyRefusal::Unknown),
        }
    }

    /// The administrator, if the key is an admin key that is valid at this time.
    pub(super) fn administrator(
        &self,
        now: impl FnOnce() -> Timestamp,
    ) -> Result<Arc<Administrator>, KeyRefusal> {
        match self {
            Self::Admin(key) => {
                let now = now();
                key.check(now)?;
                key.last_use.mark(now);
                Ok(key.administrator.clone())
            }
            Self::Key(key) => {
                let refused = |rejection| KeyRefusal::of(rejection, key.session.principal());
                key.validity.check(now()).map_err(refused)?;
                Err(KeyRefusal::WrongKind)
            }
            Self::Missing { .. } => Err(KeyRefusal::Unknown),
        }
    }
}

impl Admin {
    fn check(&self, now: Timestamp) -> Result<(), KeyRefusal> {
        let refused = |rejection| KeyRefusal::of_admin(rejection, &self.access);
        self.access.validity().check(now).map_err(refused)
    }
}

impl<S: Session> Cached for Known<S> {
    type Change = Infallible;

    fn size(&self) -> usize {
        /// An estimate: a session holds a dozen short texts.
        const KEY: usize = 1_024;
        match self {
            Self::Key(key) => KEY + key.policies,
            Self::Admin(_) => KEY,
            Self::Missing { .. } => size_of::<Self>(),
        }
    }

    fn changed(known: &Arc<Self>, _: &[Infallible]) -> Option<Arc<Self>> {
        Some(known.clone())
    }

    fn is_expired(&self, now: BootTime) -> bool {
        match self {
            Self::Key(_) | Self::Admin(_) => false,
            Self::Missing { at } => now.since(*at) >= MISSING_FOR,
        }
    }
}
