use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use models_core::{Follower, RepositoryError, Revision, Secret, Timestamp};

use super::{Node, RECORDING};
use crate::fake::keys::{Holder, Keys, epoch};
use crate::fake::models::{Models, Shown};
use crate::follower::Following;
use crate::lease::Lease;
use crate::lease::clock::ManualClock;
use crate::node::memory::{CacheOptions, Memory};

const LEASE: Duration = Duration::from_secs(3);

struct Scene {
    keys: Arc<Keys>,
    clock: ManualClock,
    lease: Arc<Lease>,
    node: Node<Holder, Shown>,
    secret: Secret,
}

impl Scene {
    /// A node whose lease has just begun.
    fn new() -> Self {
        let secret = Secret::from_random([7; 32]);
        let keys = Arc::new(Keys::new(&secret));
        let options = || CacheOptions {
            limit: 1 << 20,
            counters: Arc::default(),
        };
        let models = Arc::new(Models::default());
        let memory = Memory::new(keys.clone(), models, [7; 16], options(), options());
        memory.begin_epoch(&epoch());
        let clock = ManualClock::default();
        clock.advance(LEASE);
        let lease = Arc::new(Lease::new(clock.clone().into()));
        lease.extend(clock.now() + LEASE);
        let node = Node::new(memory, Following::without_a_log(lease.clone()));
        Self {
            keys,
            clock,
            lease,
            node,
            secret,
        }
    }

    async fn use_the_key(&self) {
        let now = || Timestamp::from_seconds(2);
        let acquire = || self.node.hold();
        let found = self
            .node
            .sessions
            .authenticate(acquire, self.secret.expose(), now);
        assert!(found.await.unwrap().is_ok());
    }

    fn recorded(&self) -> usize {
        self.keys.recorded.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_node_serves_as_long_as_its_lease_lasts() {
    let Scene {
        clock, lease, node, ..
    } = Scene::new();
    let began = node.clock().now();
    assert_eq!(began, clock.now());
    let (in_time, late) = (node.hold().unwrap(), node.hold_at(began).unwrap());
    assert!(node.has_lease());
    assert_eq!(node.lease_remaining(), LEASE);
    assert_eq!(node.release(in_time, 7).unwrap().into_inner(), 7);
    clock.advance(LEASE);
    assert!(!node.has_lease());
    let unavailable = |error| matches!(error, RepositoryError::Unavailable(_));
    assert!(node.hold().is_err_and(unavailable));
    // A renewal does not change that.
    lease.extend(clock.now() + LEASE);
    assert!(node.release(late, 7).is_err_and(unavailable));
    assert!(node.hold_at(clock.now() + LEASE).is_none());
}

#[tokio::test]
async fn a_node_reports_its_revision_and_its_lag() {
    let Scene {
        clock, lease, node, ..
    } = Scene::new();
    lease.applied.store(7, Ordering::Release);
    lease.seen.store(9, Ordering::Release);
    assert_eq!((node.applied(), node.lag()), (Revision(7), 2));
    assert_eq!(
        node.silence(),
        clock.now().since(crate::lease::clock::BootTime::START)
    );
    assert_eq!(node.needed_level(), None);
    lease.needed_level.store(2, Ordering::Release);
    assert_eq!(node.needed_level(), Some(2));
    let demand = |revision| {
        let token = node.token(Revision(revision));
        node.read_token(token.as_bytes()).unwrap()
    };
    assert!(node.is_met(&demand(7)));
    assert!(!node.is_met(&demand(8)));
    assert!(node.read_token(b"7").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_catch_up_without_a_follower_fails() {
    let unavailable = |error| matches!(error, RepositoryError::Unavailable(_));
    assert!(Scene::new().node.catch_up().await.is_err_and(unavailable));
}

#[tokio::test(start_paused = true)]
async fn uses_are_recorded_every_minute_and_when_the_node_leaves() {
    let scene = Scene::new();
    scene.use_the_key().await;
    tokio::time::sleep(RECORDING.saturating_sub(Duration::from_secs(1))).await;
    assert_eq!(scene.recorded(), 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.recorded(), 1);
    scene.node.sessions.invalidate();
    scene.use_the_key().await;
    let node = scene.node.clone();
    node.leave().await;
    assert_eq!(scene.recorded(), 2);
    assert!(!scene.node.has_lease());
    scene.keys.can_write.store(false, Ordering::Relaxed);
    node.leave().await;
}
