use std::sync::Arc;
use std::time::Duration;

use models_core::{Change, Epoch, Event, Follower, Secret, Timestamp};

use super::{CacheOptions, Memory};
use crate::fake::keys::{Holder, Keys, epoch};
use crate::fake::models::{Models, Shown, audience, event, model};
use crate::lease::clock::ManualClock;
use crate::lease::{HeldLease, Lease};

struct Scene {
    keys: Arc<Keys>,
    lease: Lease,
    memory: Memory<Holder, Shown>,
    secret: Secret,
}

impl Scene {
    /// With a session and a view in memory.
    async fn warm() -> Self {
        let secret = Secret::from_random([7; 32]);
        let keys = Arc::new(Keys::new(&secret));
        let options = || CacheOptions {
            limit: 1 << 20,
            counters: Arc::default(),
        };
        let models = Arc::new(Models::default());
        let memory = Memory::new(keys.clone(), models, [7; 16], options(), options());
        let lease = Lease::new(ManualClock::default().into());
        lease.extend(lease.clock.now() + Duration::from_mins(1));
        memory.begin_epoch(&epoch());
        let scene = Self {
            keys,
            lease,
            memory,
            secret,
        };
        scene.load().await;
        scene
    }

    async fn load(&self) {
        let acquire = || Ok(self.hold());
        let (sessions, catalog) = (&self.memory.sessions, &self.memory.catalog);
        let token = self.secret.expose();
        let found = sessions.authenticate(acquire, token, now).await;
        assert!(found.unwrap().is_ok());
        catalog.view(acquire, &audience(2)).await.unwrap();
        assert_eq!(self.has(), (true, true));
    }

    fn hold(&self) -> HeldLease {
        self.lease.hold_at(self.lease.clock.now()).unwrap()
    }

    /// Whether the session and the view are in memory.
    fn has(&self) -> (bool, bool) {
        let (held, token) = (self.hold(), self.secret.expose().as_bytes());
        let session = self.memory.sessions.get(&held, token, now);
        let view = self.memory.catalog.get(&held, &audience(2));
        (session.is_some(), view.is_some())
    }

    fn apply(&self, change: Change) -> (bool, bool) {
        let events: [Event; 1] = [event(10, change)];
        self.memory.apply(&events);
        self.has()
    }
}

fn now() -> Timestamp {
    Timestamp::from_seconds(2)
}

#[tokio::test]
async fn an_event_drops_the_session_or_view_that_it_touches() {
    let scene = Scene::warm().await;
    let key = scene.keys.key.clone();
    let mut other = key.clone();
    other.id = models_core::ApiKeyId::from_uuid(uuid::Uuid::from_u128(2));
    for change in [
        Change::ApiKeyCreated(other.clone()),
        Change::ApiKeyDeleted(other),
        Change::ModelCreated(model("new", Some(4))),
    ] {
        assert_eq!(scene.apply(change), (true, true));
    }
    let created = Change::ModelCreated(model("new", Some(2)));
    assert_eq!(scene.apply(created), (true, false));
    scene.load().await;
    assert_eq!(scene.apply(Change::ApiKeyDeleted(key)), (false, true));
}

#[tokio::test]
async fn the_creation_of_a_key_drops_the_entries_for_missing_keys() {
    let scene = Scene::warm().await;
    let other = Secret::from_random([8; 32]);
    let (sessions, acquire) = (&scene.memory.sessions, || Ok(scene.hold()));
    let found = sessions.authenticate(acquire, other.expose(), now).await;
    assert!(found.unwrap().is_err());
    let needs_look_up = || sessions.needs_look_up(&scene.hold(), other.expose());
    assert!(!needs_look_up());
    scene.apply(Change::ApiKeyCreated(scene.keys.key.clone()));
    assert!(needs_look_up());
}

#[tokio::test]
async fn an_invalidation_and_another_epoch_drop_all_sessions_and_views() {
    let scene = Scene::warm().await;
    scene.memory.invalidate();
    assert_eq!(scene.has(), (false, false));
    scene.load().await;
    let (copy, other) = (scene.memory.clone(), Epoch("other".to_owned()));
    let before = copy.tokens.present_token(models_core::Revision(1));
    copy.begin_epoch(&other);
    assert_eq!(scene.has(), (false, false));
    let after = scene.memory.tokens.present_token(models_core::Revision(1));
    assert_ne!(before, after);
    assert_eq!(after, copy.tokens.token(&other, models_core::Revision(1)));
}
