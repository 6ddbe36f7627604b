use std::sync::atomic::{AtomicBool, AtomicUsize};

use async_trait::async_trait;
use models_core::{
    ListedApiKey, OrganizationId, Origin, Position, ProjectId, Revision, Role, Secret,
};
use models_node::{Lease, ManualClock};
use models_store::Following;
use uuid::Uuid;

use super::*;

#[test]
fn a_redacted_token_shows_eight_and_four() {
    for (token, expected) in [
        ("", ""),
        ("My API Key", "**********"),
        ("123456789012", "************"),
        ("1234567890123", "12345678*0123"),
        ("sk-proj-abcdefghijklmnop", "sk-proj-************mnop"),
        ("ääääääääääääöööö", "ääääääää****öööö"),
    ] {
        assert_eq!(redact(token), expected);
    }
}

/// A database with one key, at times.
struct Keys {
    key: ApiKey,
    is_there: AtomicBool,
    reads: AtomicUsize,
    can_write: AtomicBool,
    recorded: AtomicUsize,
}

#[async_trait]
impl ApiKeyRepository for Keys {
    async fn insert(&self, _: ApiKey, _: KeyDigest, _: Origin) -> Result<(), RepositoryError> {
        unreachable!()
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
        Ok(())
    }

    async fn find_by_digest(
        &self,
        _: &KeyDigest,
    ) -> Result<Snapshot<Option<ApiKey>>, RepositoryError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let is_there = self.is_there.load(Ordering::Relaxed);
        Ok(Snapshot {
            position: Position {
                epoch: epoch(),
                revision: Revision(1),
            },
            value: is_there.then(|| self.key.clone()),
        })
    }

    async fn revoke(&self, _: &ApiKeyId, _: Origin) -> Result<Option<ApiKey>, RepositoryError> {
        unreachable!()
    }
}

fn epoch() -> Epoch {
    Epoch("one".to_owned())
}

struct Scene {
    keys: Arc<Keys>,
    clock: ManualClock,
    following: Following,
    authenticator: Authenticator,
    secret: Secret,
}

impl Scene {
    fn new() -> Self {
        let secret = Secret::from_random([7; 32]);
        let id = Uuid::from_u128(1);
        let keys = Arc::new(Keys {
            key: ApiKey {
                id: ApiKeyId::from_uuid(id),
                organization_id: OrganizationId::from_uuid(id),
                organization_slug: "acme".parse().unwrap(),
                project_id: ProjectId::from_uuid(id),
                name: "a key".parse().unwrap(),
                role: Role::Reader,
                redacted_value: secret.redacted(),
                created_at: Timestamp::from_seconds(1),
                expires_at: None,
                revoked_at: None,
            },
            is_there: AtomicBool::new(true),
            reads: AtomicUsize::new(0),
            can_write: AtomicBool::new(true),
            recorded: AtomicUsize::new(0),
        });
        let clock = ManualClock::default();
        let lease = Arc::new(Lease::new(clock.clone().into()));
        lease.extend(clock.now() + Duration::from_mins(1));
        let authenticator = Authenticator::new(keys.clone(), 1 << 20, Arc::default());
        authenticator.forget(&epoch());
        Self {
            keys,
            clock,
            following: Following::without_a_log(lease),
            authenticator,
            secret,
        }
    }

    async fn is_accepted(&self) -> bool {
        let acquire = || Ok(self.following.hold().unwrap());
        let found = self
            .authenticator
            .authenticate(acquire, self.secret.expose());
        found.await.unwrap().is_ok()
    }
}

/// As after a restore, which makes no events.
#[tokio::test]
async fn a_key_that_was_missing_is_looked_up_again_after_five_seconds() {
    let scene = Scene::new();
    scene.keys.is_there.store(false, Ordering::Relaxed);
    assert!(!scene.is_accepted().await);
    scene.keys.is_there.store(true, Ordering::Relaxed);
    let nearly = MISSING_FOR.saturating_sub(Duration::from_nanos(1));
    scene.clock.advance(nearly);
    assert!(!scene.is_accepted().await);
    assert_eq!(scene.keys.reads.load(Ordering::Relaxed), 1, "from memory");
    scene.clock.advance(Duration::from_nanos(1));
    assert!(scene.is_accepted().await);
    scene.clock.advance(MISSING_FOR);
    assert!(scene.is_accepted().await);
    let reads = scene.keys.reads.load(Ordering::Relaxed);
    assert_eq!(reads, 2, "a key that was found stays in memory");
}

#[tokio::test]
async fn uses_do_not_pile_up_while_they_cannot_be_recorded() {
    let scene = Scene::new();
    scene.keys.can_write.store(false, Ordering::Relaxed);
    for round in 0..50 {
        assert!(scene.is_accepted().await);
        if round % 2 == 0 {
            // Evicted, it leaves its use behind.
            scene.authenticator.evict(scene.secret.expose());
        }
        assert!(scene.authenticator.record_uses().await.is_err());
    }
    scene.keys.can_write.store(true, Ordering::Relaxed);
    scene.authenticator.record_uses().await.unwrap();
    assert_eq!(scene.keys.recorded.load(Ordering::Relaxed), 1);
}
