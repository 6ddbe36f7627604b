use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use models_core::{KeyAccess, KeyRejection, Policy, PolicyMode, Secret, Timestamp};

use super::known::{Known, MISSING_FOR};
use super::{KeyRefusal, Session, Sessions};
use crate::cache::{CacheCounters, Cached};
use crate::fake::keys::{EXPIRY, Holder, Keys, epoch};
use crate::lease::clock::ManualClock;
use crate::lease::{HeldLease, Lease};

struct Scene {
    keys: Arc<Keys>,
    clock: ManualClock,
    lease: Lease,
    sessions: Sessions<Holder>,
    counters: Arc<CacheCounters>,
    secret: Secret,
}

impl Scene {
    fn new() -> Self {
        let secret = Secret::from_random([7; 32]);
        let keys = Arc::new(Keys::new(&secret));
        let counters = Arc::new(CacheCounters::default());
        let clock = ManualClock::default();
        let lease = Lease::new(clock.clone().into());
        lease.extend(clock.now() + Duration::from_mins(1));
        let sessions = Sessions::new(keys.clone(), 1 << 20, counters.clone());
        sessions.begin_epoch(&epoch());
        Self {
            keys,
            clock,
            lease,
            sessions,
            counters,
            secret,
        }
    }

    fn hold(&self) -> HeldLease {
        self.lease.hold_at(self.clock.now()).unwrap()
    }

    async fn authenticate_at(&self, seconds: u32) -> Result<Arc<Holder>, KeyRefusal> {
        let now = || Timestamp::from_seconds(seconds);
        let found = self
            .sessions
            .authenticate(|| Ok(self.hold()), self.secret.expose(), now);
        found.await.unwrap().map(|(_, session)| session)
    }

    async fn is_accepted(&self) -> bool {
        self.authenticate_at(2).await.is_ok()
    }
}

/// A restore of the database appends no events.
#[tokio::test]
async fn the_database_is_read_again_for_a_missing_key_after_five_seconds() {
    let scene = Scene::new();
    scene.keys.is_there.store(false, Ordering::Relaxed);
    assert!(!scene.is_accepted().await);
    scene.keys.is_there.store(true, Ordering::Relaxed);
    let nearly = MISSING_FOR.saturating_sub(Duration::from_nanos(1));
    scene.clock.advance(nearly);
    assert!(!scene.is_accepted().await);
    assert_eq!(
        scene.keys.reads.load(Ordering::Relaxed),
        1,
        "the entry for the missing key is valid"
    );
    scene.clock.advance(Duration::from_nanos(1));
    assert!(scene.is_accepted().await);
    scene.clock.advance(MISSING_FOR);
    assert!(scene.is_accepted().await);
    let reads = scene.keys.reads.load(Ordering::Relaxed);
    assert_eq!(reads, 2, "the entry for a key does not expire");
}

#[tokio::test]
async fn one_use_of_each_key_waits_while_uses_cannot_be_recorded() {
    let scene = Scene::new();
    scene.keys.can_write.store(false, Ordering::Relaxed);
    for round in 0..50 {
        assert!(scene.is_accepted().await);
        if round % 2 == 0 {
            // The dropped session adds its use.
            scene.sessions.evict(scene.secret.expose());
        }
        assert!(scene.sessions.record_uses().await.is_err());
    }
    scene.keys.can_write.store(true, Ordering::Relaxed);
    scene.sessions.record_uses().await.unwrap();
    assert_eq!(scene.keys.recorded.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_session_expires_by_the_time_of_each_request() {
    let scene = Scene::new();
    assert!(scene.authenticate_at(EXPIRY - 1).await.is_ok());
    let refused = scene.authenticate_at(EXPIRY).await.err();
    let (id, slug) = (scene.keys.access.key.id.clone(), "acme".parse().unwrap());
    let expected = KeyRefusal::Bad(KeyRejection::Expired, id.to_string(), slug);
    assert_eq!(refused.as_ref(), Some(&expected));
    assert_eq!(expected.key().map(|(id, _)| id), Some(id.as_str()));
    let get = |seconds| {
        let token = scene.secret.expose().as_bytes();
        let now = || Timestamp::from_seconds(seconds);
        scene.sessions.get(&scene.hold(), token, now)
    };
    assert!(get(EXPIRY).is_none());
    let session = get(EXPIRY - 1).unwrap();
    assert_eq!(session.principal().key_id, id);
    assert_eq!(scene.keys.reads.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_malformed_token_is_refused_without_a_read() {
    let scene = Scene::new();
    let hold = || Ok(scene.hold());
    let changed = scene.secret.expose().to_owned() + "0";
    for token in ["", changed.as_str()] {
        assert!(!scene.sessions.needs_look_up(&scene.hold(), token));
        let now = || Timestamp::from_seconds(2);
        let found = scene.sessions.authenticate(hold, token, now).await.unwrap();
        assert_eq!(found.err(), Some(KeyRefusal::Malformed));
    }
    assert_eq!(KeyRefusal::Malformed.key(), None);
    assert_eq!(scene.keys.reads.load(Ordering::Relaxed), 0);
    let needs_look_up = || {
        let token = scene.secret.expose();
        scene.sessions.needs_look_up(&scene.hold(), token)
    };
    assert!(needs_look_up());
    assert!(scene.is_accepted().await);
    assert!(!needs_look_up());
    scene.sessions.invalidate();
    assert!(needs_look_up());
}

#[tokio::test]
async fn the_last_use_of_a_key_whose_session_was_dropped_is_recorded() {
    let scene = Scene::new();
    assert!(scene.is_accepted().await);
    scene.sessions.evict(scene.secret.expose());
    assert_eq!(scene.counters.bytes(), 0);
    scene.sessions.record_uses().await.unwrap();
    assert_eq!(scene.keys.recorded.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_entry_for_a_key_is_larger_than_that_for_a_missing_key() {
    let mut sizes = vec![];
    for is_there in [true, false] {
        let scene = Scene::new();
        scene.keys.is_there.store(is_there, Ordering::Relaxed);
        assert_eq!(scene.is_accepted().await, is_there);
        sizes.push(scene.counters.bytes());
    }
    let [key, missing] = sizes[..] else { panic!() };
    assert!(key >= 1_024, "{key}");
    assert!((100..key).contains(&missing), "{missing}");
}

#[tokio::test]
async fn the_last_use_of_a_key_is_recorded_once() {
    let scene = Scene::new();
    for seconds in [2, 5] {
        assert!(scene.authenticate_at(seconds).await.is_ok());
    }
    for _ in 0..2 {
        scene.sessions.record_uses().await.unwrap();
        let last = scene.keys.last_use.load(Ordering::Relaxed);
        let recorded = scene.keys.recorded.load(Ordering::Relaxed);
        assert_eq!((last, recorded), (5, 1));
    }
}

#[tokio::test]
async fn a_key_of_each_kind_is_refused_where_the_other_belongs() {
    let scene = Scene::new();
    let (secret, admin) = (scene.secret.expose(), scene.keys.admin_secret.expose());
    let (sessions, acquire) = (&scene.sessions, || Ok(scene.hold()));
    let at = |seconds| move || Timestamp::from_seconds(seconds);
    let found = sessions.administrator(acquire, admin, at(2)).await;
    let (_, administrator) = found.unwrap().unwrap();
    assert_eq!(administrator.key_id, scene.keys.admin.key.id);
    let refused = sessions.authenticate(acquire, admin, at(2)).await;
    assert_eq!(refused.unwrap().err(), Some(KeyRefusal::WrongKind));
    let refused = sessions.administrator(acquire, secret, at(2)).await;
    assert_eq!(refused.unwrap().err(), Some(KeyRefusal::WrongKind));
    let got = sessions.get(&scene.hold(), admin.as_bytes(), at(2));
    assert!(got.is_none());
    assert_eq!(KeyRefusal::WrongKind.key(), None);
    // A key that is not valid is refused for that reason on all routes.
    for token in [secret, admin] {
        let refused = sessions.authenticate(acquire, token, at(EXPIRY)).await;
        let refused = refused.unwrap().err().unwrap();
        assert!(matches!(
            refused,
            KeyRefusal::Bad(KeyRejection::Expired, ..)
        ));
        let again = sessions.administrator(acquire, token, at(EXPIRY)).await;
        assert_eq!(again.unwrap().err(), Some(refused));
    }
    assert_eq!(scene.keys.reads.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn the_last_use_of_an_admin_key_is_recorded() {
    let scene = Scene::new();
    let admin = scene.keys.admin_secret.expose();
    for seconds in [2, 5] {
        let now = || Timestamp::from_seconds(seconds);
        let acquire = || Ok(scene.hold());
        let found = scene.sessions.administrator(acquire, admin, now).await;
        assert!(found.unwrap().is_ok());
        // A refusal is no use.
        let later = || Timestamp::from_seconds(9);
        let refused = scene.sessions.authenticate(acquire, admin, later).await;
        assert!(refused.unwrap().is_err());
    }
    scene.keys.can_write.store(false, Ordering::Relaxed);
    assert!(scene.sessions.record_uses().await.is_err());
    scene.keys.can_write.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        scene.sessions.record_uses().await.unwrap();
    }
    let uses = scene.keys.admin_uses.lock().unwrap();
    let id = scene.keys.admin.key.id.clone();
    assert_eq!(*uses, [(id, Timestamp::from_seconds(5))]);
    assert_eq!(scene.keys.recorded.load(Ordering::Relaxed), 0);
}

#[test]
fn the_size_of_a_session_includes_its_share_of_the_policies() {
    let policy = Arc::new(Policy::new(PolicyMode::DenyList, vec![]).unwrap());
    let mut access = Keys::new(&Secret::from_random([7; 32])).access;
    let size = |access: &KeyAccess| {
        let known = Known::<Holder>::new(access, Arc::default()).unwrap();
        Cached::size(&known)
    };
    let without = size(&access);
    access.policies.project = Some(policy.clone());
    // The test and the key share the policy.
    assert_eq!(size(&access), without + policy.size() / 2);
}
