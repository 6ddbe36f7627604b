//! A fake database with one API key.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use async_trait::async_trait;
use models_core::{
    ApiKey, ApiKeyId, ApiKeyRepository, Epoch, KeyDigest, ListedApiKey, OrganizationId, Origin,
    Position, Principal, ProjectId, RepositoryError, Revision, Role, Secret, Snapshot, Timestamp,
};
use uuid::Uuid;

use crate::sessions::Session;

/// A session that holds only the principal.
pub(crate) struct Holder(Principal);

impl Session for Holder {
    fn new(key: &ApiKey) -> Result<Self, RepositoryError> {
        Ok(Self(key.holder()))
    }

    fn principal(&self) -> &Principal {
        &self.0
    }
}

/// The time of expiry of the key, in Unix seconds.
pub(crate) const EXPIRY: u32 = 100;

/// A fake database with one API key, which a test can remove.
pub(crate) struct Keys {
    pub(crate) key: ApiKey,
    digest: KeyDigest,
    pub(crate) is_there: AtomicBool,
    pub(crate) reads: AtomicUsize,
    pub(crate) can_write: AtomicBool,
    pub(crate) recorded: AtomicUsize,
    /// The last recorded use, in Unix seconds.
    pub(crate) last_use: AtomicU32,
    pub(crate) inserted: Mutex<Option<(ApiKey, KeyDigest)>>,
}

impl Keys {
    /// A database with the key of this secret.
    pub(crate) fn new(secret: &Secret) -> Self {
        let id = Uuid::from_u128(1);
        Self {
            key: ApiKey {
                id: ApiKeyId::from_uuid(id),
                organization_id: OrganizationId::from_uuid(id),
                organization_slug: "acme".parse().unwrap(),
                project_id: ProjectId::from_uuid(id),
                name: "a key".parse().unwrap(),
                role: Role::Reader,
                redacted_value: secret.redacted(),
                created_at: Timestamp::from_seconds(1),
                expires_at: Some(Timestamp::from_seconds(EXPIRY)),
                revoked_at: None,
            },
            digest: secret.digest(),
            is_there: AtomicBool::new(true),
            reads: AtomicUsize::new(0),
            can_write: AtomicBool::new(true),
            recorded: AtomicUsize::new(0),
            last_use: AtomicU32::new(0),
            inserted: Mutex::default(),
        }
    }
}

#[async_trait]
impl ApiKeyRepository for Keys {
    async fn insert(
        &self,
        key: ApiKey,
        digest: KeyDigest,
        _: Origin,
    ) -> Result<(), RepositoryError> {
        *self.inserted.lock().unwrap() = Some((key, digest));
        Ok(())
    }

    async fn is_any(&self) -> Result<bool, RepositoryError> {
        unreachable!()
    }

    async fn list(&self, _: Option<&OrganizationId>) -> Result<Vec<ListedApiKey>, RepositoryError> {
        unreachable!()
    }

    async fn record_uses(&self, uses: Vec<(ApiKeyId, Timestamp)>) -> Result<(), RepositoryError> {
        if !self.can_write.load(Ordering::Relaxed) {
            return Err(RepositoryError::Unavailable("the disk is full".into()));
        }
        self.recorded.fetch_add(uses.len(), Ordering::Relaxed);
        let last = uses.iter().map(|(_, at)| at.seconds()).max();
        self.last_use.store(last.unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    async fn find_by_digest(
        &self,
        digest: &KeyDigest,
    ) -> Result<Snapshot<Option<ApiKey>>, RepositoryError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let is_there = self.is_there.load(Ordering::Relaxed) && *digest == self.digest;
        Ok(Snapshot {
            position: Position {
                epoch: epoch(),
                revision: Revision(1),
            },
            value: is_there.then(|| self.key.clone()),
        })
    }

    async fn revoke(
        &self,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Result<Option<ApiKey>, RepositoryError> {
        Ok((*id == self.key.id).then(|| ApiKey {
            revoked_at: Some(origin.at),
            ..self.key.clone()
        }))
    }
}

pub(crate) fn epoch() -> Epoch {
    Epoch("one".to_owned())
}
