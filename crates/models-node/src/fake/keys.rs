//! A fake database with one key of each kind.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use async_trait::async_trait;
use models_core::{
    AdminAccess, AdminApiKey, AdminApiKeyId, AdminApiKeyRepository, Administered, ApiKey, ApiKeyId,
    ApiKeyRepository, ApiKeyUpdate, Credential, CredentialRepository, Epoch, KeyAccess, KeyDigest,
    KeyUses, ListedAdminApiKey, ListedApiKey, OrganizationId, Origin, OwnedApiKey, Page,
    PageRequest, Position, Principal, ProjectId, RepositoryError, Revision, Role, Secret,
    ServiceAccountId, Snapshot, Timestamp,
};
use uuid::Uuid;

use crate::sessions::Session;

/// A session that holds only the principal.
pub(crate) struct Holder(Principal);

impl Session for Holder {
    fn new(access: &KeyAccess) -> Result<Self, RepositoryError> {
        Ok(Self(access.holder()))
    }

    fn principal(&self) -> &Principal {
        &self.0
    }
}

/// The time of expiry of the key, in Unix seconds.
pub(crate) const EXPIRY: u32 = 100;

/// A fake database with one API key and one admin key, which a test can remove.
pub(crate) struct Keys {
    pub(crate) access: KeyAccess,
    digest: KeyDigest,
    pub(crate) admin: AdminAccess,
    pub(crate) admin_secret: Secret,
    pub(crate) is_there: AtomicBool,
    pub(crate) reads: AtomicUsize,
    pub(crate) can_write: AtomicBool,
    pub(crate) recorded: AtomicUsize,
    /// The last recorded use, in Unix seconds.
    pub(crate) last_use: AtomicU32,
    pub(crate) admin_inserted: Mutex<Option<(AdminApiKey, KeyDigest)>>,
    /// The recorded uses of admin keys.
    pub(crate) admin_uses: Mutex<Vec<(AdminApiKeyId, Timestamp)>>,
}

impl Keys {
    /// A database with the key of this secret.
    pub(crate) fn new(secret: &Secret) -> Self {
        let id = Uuid::from_u128(1);
        let organization_id = OrganizationId::from_uuid(id);
        let admin_secret = Secret::admin_from_random([9; 32]);
        let expires_at = Some(Timestamp::from_seconds(EXPIRY));
        let key = ApiKey {
            id: ApiKeyId::from_uuid(id),
            organization_id: organization_id.clone(),
            organization_slug: "acme".parse().unwrap(),
            project_id: ProjectId::from_uuid(id),
            service_account_id: Some(ServiceAccountId::from_uuid(id)),
            name: "a key".parse().unwrap(),
            role: Role::Reader,
            scopes: None,
            redacted_value: secret.redacted(),
            created_at: Timestamp::from_seconds(1),
            expires_at,
            revoked_at: None,
        };
        let admin_key = AdminApiKey {
            id: AdminApiKeyId::from_uuid(id),
            organization_id,
            organization_slug: "acme".parse().unwrap(),
            name: "an admin key".parse().unwrap(),
            redacted_value: admin_secret.redacted(),
            created_at: Timestamp::from_seconds(1),
            expires_at,
            revoked_at: None,
        };
        Self {
            access: KeyAccess::unrestricted(key),
            admin: AdminAccess {
                key: admin_key,
                suspension: None,
            },
            admin_secret,
            digest: secret.digest(),
            is_there: AtomicBool::new(true),
            reads: AtomicUsize::new(0),
            can_write: AtomicBool::new(true),
            recorded: AtomicUsize::new(0),
            last_use: AtomicU32::new(0),
            admin_inserted: Mutex::default(),
            admin_uses: Mutex::default(),
        }
    }
}

#[async_trait]
impl ApiKeyRepository for Keys {
    async fn insert(&self, _: ApiKey, _: KeyDigest, _: Origin) -> Administered<()> {
        unreachable!()
    }

    async fn is_any(&self) -> Result<bool, RepositoryError> {
        unreachable!()
    }

    async fn list(&self, _: Option<&OrganizationId>) -> Result<Vec<ListedApiKey>, RepositoryError> {
        unreachable!()
    }

    async fn find(&self, _: &ApiKeyId) -> Result<Option<ListedApiKey>, RepositoryError> {
        unreachable!()
    }

    async fn list_of_project(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: PageRequest,
    ) -> Result<Option<Page<OwnedApiKey, String>>, RepositoryError> {
        unreachable!()
    }

    async fn find_in_project(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: &ApiKeyId,
    ) -> Result<Option<OwnedApiKey>, RepositoryError> {
        unreachable!()
    }

    async fn update_in_project(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: &ApiKeyId,
        _: ApiKeyUpdate,
        _: Origin,
    ) -> Administered<OwnedApiKey> {
        unreachable!()
    }

    async fn revoke_in_project(
        &self,
        _: &OrganizationId,
        _: &ProjectId,
        _: &ApiKeyId,
        _: Origin,
    ) -> Administered<ApiKey> {
        unreachable!()
    }

    async fn revoke(
        &self,
        id: &ApiKeyId,
        origin: Origin,
    ) -> Result<Option<ApiKey>, RepositoryError> {
        let key = &self.access.key;
        Ok((*id == key.id).then(|| ApiKey {
            revoked_at: Some(origin.at),
            ..key.clone()
        }))
    }
}

#[async_trait]
impl AdminApiKeyRepository for Keys {
    async fn insert(&self, key: AdminApiKey, digest: KeyDigest, _: Origin) -> Administered<()> {
        *self.admin_inserted.lock().unwrap() = Some((key, digest));
        Ok(Ok(()))
    }

    async fn list(
        &self,
        _: &OrganizationId,
        _: PageRequest,
    ) -> Result<Page<ListedAdminApiKey, String>, RepositoryError> {
        unreachable!()
    }

    async fn find(
        &self,
        _: &OrganizationId,
        _: &AdminApiKeyId,
    ) -> Result<Option<ListedAdminApiKey>, RepositoryError> {
        unreachable!()
    }

    async fn revoke(
        &self,
        _: &OrganizationId,
        _: &AdminApiKeyId,
        _: Origin,
    ) -> Administered<AdminApiKey> {
        unreachable!()
    }
}

#[async_trait]
impl CredentialRepository for Keys {
    async fn find_by_digest(
        &self,
        digest: &KeyDigest,
    ) -> Result<Snapshot<Option<Credential>>, RepositoryError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let is_there = self.is_there.load(Ordering::Relaxed);
        let found = if *digest == self.digest {
            Some(Credential::ApiKey(self.access.clone()))
        } else if *digest == self.admin_secret.digest() {
            Some(Credential::AdminApiKey(self.admin.clone()))
        } else {
            None
        };
        Ok(Snapshot {
            position: Position {
                epoch: epoch(),
                revision: Revision(1),
            },
            value: found.filter(|_| is_there),
        })
    }

    async fn record_uses(&self, uses: KeyUses) -> Result<(), RepositoryError> {
        if !self.can_write.load(Ordering::Relaxed) {
            return Err(RepositoryError::Unavailable("the disk is full".into()));
        }
        let KeyUses {
            api_keys,
            admin_api_keys,
        } = uses;
        self.recorded.fetch_add(api_keys.len(), Ordering::Relaxed);
        if let Some(last) = api_keys.iter().map(|(_, at)| at.seconds()).max() {
            self.last_use.store(last, Ordering::Relaxed);
        }
        self.admin_uses.lock().unwrap().extend(admin_api_keys);
        Ok(())
    }
}

pub(crate) fn epoch() -> Epoch {
    Epoch("one".to_owned())
}
