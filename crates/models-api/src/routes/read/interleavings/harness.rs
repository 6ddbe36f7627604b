//! A node that runs the code of the service, and the world beside it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::test::TestRequest;
use actix_web::web;
use models_core::{
    ApiKey, ApiKeyId, Audience, Follower, KeyAccess, Model, OrganizationId, ProjectId, Role, Scope,
    Secret, Timestamp,
};
use models_node::{BootTime, Following, HeldLease, Lease, ManualClock};
use uuid::Uuid;

use super::database::{Database, Subject, epoch};
use super::world::{State, Step, Times};
use crate::access::services::Services;
use crate::clock::now_roughly;
use crate::dialects::openai::view::View;
use crate::http::coding::Accepted;
use crate::node::{Memory, Node};
use crate::server::measured_node::memory;
use crate::server::metrics::Metrics;
use crate::settings::Settings;
use crate::store::DatabaseKind;

const TICK: Duration = Duration::from_secs(1);

/// The data in memory when the request arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Warm {
    All,
    /// Only the view. The request must load the key.
    View,
    /// Only the session. The request must load the view.
    Session,
}

/// A node and the world beside the read.
pub(super) struct World {
    pub(super) clock: ManualClock,
    start: BootTime,
    lease: Arc<Lease>,
    memory: Memory,
    pub(super) database: Arc<Database>,
    pub(super) state: State,
}

impl World {
    pub(super) fn take(&mut self, step: Step) {
        let times = |ticks: u8| self.start + TICK * ticks.into();
        match step {
            Step::Tick => self.clock.advance(TICK),
            Step::Commit => self.database.is_committed.store(true, Ordering::Relaxed),
            Step::Apply => self.memory.apply(&[self.database.event()]),
            Step::Send | Step::Read => {}
            Step::Extend => self.lease.extend(times(self.state.until)),
        }
    }
}

pub(in crate::routes::read) struct Harness {
    pub(super) world: Rc<RefCell<World>>,
    pub(in crate::routes::read) services: web::Data<Services>,
    pub(in crate::routes::read) token: String,
}

impl Harness {
    pub(super) fn new(subject: Subject) -> Self {
        Self::with_more(subject, 0)
    }

    /// Creates a harness with this number of models beside the one that the test may delete.
    fn with_more(subject: Subject, more: usize) -> Self {
        let secret = Secret::from_random([7; 32]);
        let (at, id) = (Timestamp::from_seconds(1), Uuid::from_u128(1));
        let organization_id = OrganizationId::from_uuid(id);
        let key = ApiKey {
            id: ApiKeyId::from_uuid(id),
            organization_id: organization_id.clone(),
            organization_slug: "acme".parse().unwrap(),
            project_id: ProjectId::from_uuid(id),
            name: "a key".parse().unwrap(),
            service_account_id: None,
            role: Role::Reader,
            scopes: None,
            redacted_value: secret.redacted(),
            created_at: at,
            expires_at: None,
            revoked_at: None,
        };
        let model = Model {
            id: "own".parse().unwrap(),
            scope: Scope::Organization(organization_id),
            created: at,
            owned_by: "acme".parse().unwrap(),
            shutdown_date: None,
        };
        let database = Arc::new(Database {
            subject,
            is_committed: AtomicBool::new(false),
            key,
            model,
            more,
        });
        let settings = Settings::load_from(&HashMap::new()).unwrap();
        let metrics = Metrics::new(DatabaseKind::Sqlite).unwrap();
        let memory = memory(
            database.clone(),
            database.clone(),
            [7; 16],
            &settings.cache,
            &metrics,
        );
        let clock = ManualClock::default();
        let lease = Arc::new(Lease::new(clock.clone().into()));
        memory.begin_epoch(&epoch());
        let following = Following::without_a_log(lease.clone());
        let node = Node::new(memory.clone(), following);
        let world = World {
            start: clock.now(),
            clock,
            lease,
            memory,
            database,
            state: State::start(Times { lease: 1, end: 0 }),
        };
        Self {
            world: Rc::new(RefCell::new(world)),
            services: web::Data::new(Services::new(&settings, node, metrics)),
            token: secret.expose().to_owned(),
        }
    }

    /// Creates a harness with all data in memory, and a lease that does not expire.
    pub(in crate::routes::read) async fn warm(subject: Subject) -> Self {
        Self::warm_with_more(subject, 0).await
    }

    /// Creates a warm harness with this number of models beside the one that the test may delete.
    pub(in crate::routes::read) async fn warm_with_more(subject: Subject, more: usize) -> Self {
        let harness = Self::with_more(subject, more);
        let times = Times { lease: 255, end: 0 };
        harness.reset(times, Warm::All).await;
        harness
    }

    /// Returns the ids of the key's organization and project.
    pub(in crate::routes::read) fn owner(&self) -> (String, String) {
        let key = &self.world.borrow().database.key;
        (
            key.organization_id.as_str().to_owned(),
            key.project_id.as_str().to_owned(),
        )
    }

    pub(in crate::routes::read) fn audience(&self) -> Audience {
        let key = self.world.borrow().database.key.clone();
        Audience::from(&KeyAccess::unrestricted(key).holder())
    }

    /// Returns the view in memory, and the lease under which it was read.
    pub(in crate::routes::read) fn view(&self) -> (Arc<View>, HeldLease) {
        let node = &self.services.node;
        let held = node.hold().unwrap();
        let view = node.catalog.get(&held, &self.audience());
        (view.expect("it is in memory"), held)
    }

    /// Returns the validators of the list and of the model.
    pub(in crate::routes::read) fn tags(&self) -> (String, String) {
        let (view, _) = self.view();
        let text = |etag: &actix_http::header::HeaderValue| etag.to_str().unwrap().to_owned();
        let model = view.model("own").expect("it is in the view");
        let (list, _) = view.list().choose(Accepted::default());
        (text(&list.etag), text(&model.etag))
    }

    /// Lets the node apply the deletion.
    pub(in crate::routes::read) fn apply_deletion(&self) {
        let world = self.world.borrow();
        world.memory.apply(&[world.database.event()]);
    }

    pub(in crate::routes::read) fn evict_view(&self) {
        self.services.node.catalog.evict(&self.audience());
    }

    /// Restarts the world with this data in memory.
    pub(super) async fn reset(&self, times: Times, warm: Warm) {
        self.restart(times);
        let node = &self.services.node;
        let audience = self.audience();
        node.sessions.evict(&self.token);
        node.catalog.evict(&audience);
        let hold = || node.hold();
        if warm != Warm::View {
            let found = node
                .sessions
                .authenticate(hold, &self.token, now_roughly)
                .await;
            assert!(found.unwrap().is_ok());
        }
        if warm != Warm::Session {
            node.catalog.view(hold, &audience).await.unwrap();
        }
    }

    /// Restarts the world and keeps the data in memory.
    pub(super) fn restart(&self, times: Times) {
        let mut world = self.world.borrow_mut();
        world.start = world.clock.now();
        world.state = State::start(times);
        world.database.is_committed.store(false, Ordering::Relaxed);
        let until = world.start + TICK * times.lease.into();
        world.lease.extend(until);
    }

    pub(super) fn request(&self, path: &str) -> TestRequest {
        let authorization = format!("Bearer {}", self.token);
        TestRequest::with_uri(path).insert_header(("Authorization", authorization))
    }
}
