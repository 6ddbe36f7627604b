//! Every interleaving of a read with a renewal, the clock, and a deletion or a revocation.
//!
//! A read stops at each [`pause`](models_node::pause::pause): before it acquires the lease, before it takes the
//! session, before it takes the view, around each load, and before it is released. At each of them the
//! rest of the world takes any number of steps. The test tries all of these schedules, with the
//! service's own code on both sides, and asserts for each response that shows the deleted model or
//! accepts the revoked key:
//!
//! 1. The barrier could not have returned before the request was sent. It may return as soon as the node
//!    has applied the event, or each lease whose renewal was sent before the commit has run out.
//! 2. No such lease has run out when the response is released, so also a request from before the
//!    deletion is served late by at most a lease.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_http::Request;
use actix_http::body::{BoxBody, MessageBody, to_bytes};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, web};
use async_trait::async_trait;
use models_core::{
    Actor, ApiKey, ApiKeyId, ApiKeyRepository, Attempt, Audience, Candidates, Change, Deletion,
    Epoch, Event, Follower, Import, ImportReport, KeyDigest, ListedApiKey, Model, ModelId,
    ModelRepository, OrganizationId, Origin, Position, Progress, ProjectId, RepositoryError,
    Revision, Role, Scope, Secret, Snapshot, Timestamp,
};
use models_node::pause::{Hook, Point, pause};
use models_node::{BootTime, Following, Lease, ManualClock};
use uuid::Uuid;

use super::remember;
use crate::access::services::Services;
use crate::clock::now_roughly;
use crate::http::fields::Fields;
use crate::node::{Memory, Node};
use crate::routes;
use crate::server::measured_node::{MeasuredNode, memory};
use crate::server::metrics::Metrics;
use crate::settings::Settings;
use crate::store::DatabaseKind;

const TICK: Duration = Duration::from_secs(1);
const MODEL: &str = "/v1/models/own";
const LIST: &str = "/v1/models";

/// How long a lease lasts, and for how long a schedule goes on, in ticks.
#[derive(Clone, Copy)]
struct Times {
    lease: u8,
    end: u8,
}

/// What happens beside the read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Tick,
    /// The deletion or revocation commits.
    Commit,
    /// The node applies its event.
    Apply,
    /// A renewal reads the clock, and is sent.
    Send,
    /// It reads the newest revision.
    Read,
    /// It extends the lease.
    Extend,
}

const STEPS: [Step; 6] = [
    Step::Tick,
    Step::Commit,
    Step::Apply,
    Step::Send,
    Step::Read,
    Step::Extend,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Renewal {
    Idle,
    Sent { at: u8 },
    Seen { at: u8, the_change: bool },
    Done,
}

/// Everything beside the read. Two equal states go on alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct State {
    now: u8,
    until: u8,
    renewal: Renewal,
    /// When all leases have run out whose renewal was sent before the commit; none before that.
    committed: Option<u8>,
    applied: bool,
}

impl State {
    fn start(times: Times) -> Self {
        Self {
            now: 0,
            until: times.lease,
            renewal: Renewal::Idle,
            committed: None,
            applied: false,
        }
    }

    /// The state after this step; `None` where it cannot be taken.
    fn after(mut self, step: Step, times: Times) -> Option<Self> {
        match (step, self.renewal) {
            (Step::Tick, _) if self.now < times.end => self.now += 1,
            (Step::Commit, renewal) if self.committed.is_none() => {
                let in_flight = match renewal {
                    Renewal::Sent { at } | Renewal::Seen { at, .. } => at + times.lease,
                    Renewal::Idle | Renewal::Done => 0,
                };
                self.committed = Some(self.until.max(in_flight));
            }
            (Step::Apply, _) if self.committed.is_some() && !self.applied => self.applied = true,
            (Step::Send, Renewal::Idle) => self.renewal = Renewal::Sent { at: self.now },
            (Step::Read, Renewal::Sent { at }) => {
                let the_change = self.committed.is_some();
                self.renewal = Renewal::Seen { at, the_change };
            }
            (Step::Extend, Renewal::Seen { at, the_change }) if self.applied || !the_change => {
                self.until = self.until.max(at + times.lease);
                self.renewal = Renewal::Done;
            }
            _ => return None,
        }
        Some(self)
    }

    /// Whether the deletion or revocation may have returned.
    fn barrier_is_over(self) -> bool {
        self.applied || self.committed.is_some_and(|end| end <= self.now)
    }
}

/// What the read has seen of the world before each of its steps. The read is deterministic, so this is all
/// that it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Seen {
    Sent { barrier_is_over: bool },
    Lease { until: Option<u8>, applied: bool },
    Memory { applied: bool },
    Database { committed: bool },
}

impl Seen {
    fn of(state: State, before: Point) -> Self {
        let State {
            now,
            until,
            applied,
            ..
        } = state;
        match before {
            Point::Hold => Self::Lease {
                until: (now < until).then_some(until),
                applied,
            },
            Point::Memory | Point::Keep => Self::Memory { applied },
            Point::Load => Self::Database {
                committed: state.committed.is_some(),
            },
            Point::Release => Self::Lease {
                until: Some(now),
                applied,
            },
        }
    }
}

/// Walks through all schedules, depth first. Where a read that has seen the same comes to the same state of
/// the world on two ways, what follows is tried once.
#[derive(Default)]
struct Schedules {
    /// What was chosen at each place of the present schedule, and of how many.
    chosen: Vec<(usize, usize)>,
    place: usize,
    seen: Vec<Seen>,
    tried: HashSet<(Vec<Seen>, State)>,
    is_known: bool,
}

impl Schedules {
    /// The step that the world takes next; none where the read goes on.
    fn choose(&mut self, state: State, times: Times) -> Option<Step> {
        let possible = |step: &Step| state.after(*step, times).is_some();
        let possible: Vec<Step> = STEPS.into_iter().filter(possible).collect();
        if self.place == self.chosen.len() {
            self.is_known |= !self.tried.insert((self.seen.clone(), state));
            let count = if self.is_known { 0 } else { possible.len() };
            self.chosen.push((0, 1 + count));
        }
        let (choice, _) = self.chosen[self.place];
        self.place += 1;
        choice.checked_sub(1).map(|choice| possible[choice])
    }

    /// Goes on to the next schedule, if there is one.
    fn advance(&mut self) -> bool {
        self.chosen.truncate(self.place);
        self.place = 0;
        self.is_known = false;
        self.seen.clear();
        while let Some((choice, count)) = self.chosen.pop() {
            if choice + 1 < count {
                self.chosen.push((choice + 1, count));
                return true;
            }
        }
        false
    }
}

/// What is taken away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Model,
    Key,
}

/// A database with one key and one model.
struct Database {
    subject: Subject,
    is_committed: AtomicBool,
    key: ApiKey,
    model: Model,
}

impl Database {
    fn snapshot<T>(&self, value: T) -> Snapshot<T> {
        let revision = Revision(1 + i64::from(self.is_committed.load(Ordering::Relaxed)));
        let epoch = epoch();
        let position = Position { epoch, revision };
        Snapshot { position, value }
    }

    fn lacks(&self, subject: Subject) -> bool {
        self.subject == subject && self.is_committed.load(Ordering::Relaxed)
    }

    fn event(&self) -> Event {
        Event {
            revision: Revision(2),
            origin: Origin {
                actor: Actor::CommandLine,
                at: Timestamp::from_seconds(1),
            },
            change: match self.subject {
                Subject::Model => Change::ModelDeleted(self.model.clone()),
                Subject::Key => Change::ApiKeyDeleted(self.key.clone()),
            },
        }
    }
}

fn epoch() -> Epoch {
    Epoch("one".to_owned())
}

#[async_trait]
impl ApiKeyRepository for Database {
    async fn insert(&self, _: ApiKey, _: KeyDigest, _: Origin) -> Result<(), RepositoryError> {
        unreachable!()
    }

    async fn is_any(&self) -> Result<bool, RepositoryError> {
        unreachable!()
    }

    async fn list(&self, _: Option<&OrganizationId>) -> Result<Vec<ListedApiKey>, RepositoryError> {
        unreachable!()
    }

    async fn record_uses(&self, _: Vec<(ApiKeyId, Timestamp)>) -> Result<(), RepositoryError> {
        Ok(())
    }

    async fn find_by_digest(
        &self,
        _: &KeyDigest,
    ) -> Result<Snapshot<Option<ApiKey>>, RepositoryError> {
        pause(Point::Load);
        let mut key = self.key.clone();
        key.revoked_at = self
            .lacks(Subject::Key)
            .then_some(Timestamp::from_seconds(1));
        Ok(self.snapshot(Some(key)))
    }

    async fn revoke(&self, _: &ApiKeyId, _: Origin) -> Result<Option<ApiKey>, RepositoryError> {
        unreachable!()
    }
}

#[async_trait]
impl ModelRepository for Database {
    async fn list(&self, _: &Scope) -> Result<Vec<Model>, RepositoryError> {
        unreachable!()
    }

    async fn find(&self, _: &Scope, _: &ModelId) -> Result<Option<Model>, RepositoryError> {
        unreachable!()
    }

    async fn list_candidates(
        &self,
        _: &OrganizationId,
    ) -> Result<Snapshot<Candidates>, RepositoryError> {
        pause(Point::Load);
        let is_there = !self.lacks(Subject::Model);
        let models = is_there.then(|| self.model.clone()).into_iter().collect();
        Ok(self.snapshot(Candidates {
            models,
            public_revision: Revision(0),
            own_revision: Revision(if is_there { 1 } else { 2 }),
        }))
    }

    async fn import(
        &self,
        _: Import,
        _: Origin,
        _: Progress,
    ) -> Result<ImportReport, RepositoryError> {
        unreachable!()
    }

    async fn delete_as(
        &self,
        _: &ApiKeyId,
        _: &ModelId,
        _: Timestamp,
        _: Attempt,
    ) -> Result<Deletion, RepositoryError> {
        unreachable!()
    }

    async fn delete(
        &self,
        _: &Scope,
        _: &ModelId,
        _: Origin,
    ) -> Result<Option<Model>, RepositoryError> {
        unreachable!()
    }
}

/// What is in memory when the request comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Warm {
    All,
    /// The key has to be loaded.
    View,
    /// The view has to be loaded.
    Session,
}

/// A node, and everything beside the read.
struct World {
    clock: ManualClock,
    start: BootTime,
    lease: Arc<Lease>,
    memory: Memory,
    database: Arc<Database>,
    state: State,
}

impl World {
    fn take(&mut self, step: Step) {
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

/// What came of all schedules.
#[derive(Debug, Default)]
struct Counts {
    schedules: usize,
    /// Shown the model, or accepted the key.
    shown: usize,
    /// The same, after the commit.
    shown_after_commit: usize,
    /// The same, after the barrier: of requests that were sent before it was over.
    shown_after_barrier: usize,
}

pub(super) struct Harness {
    world: Rc<RefCell<World>>,
    pub(super) services: web::Data<Services>,
    pub(super) token: String,
}

impl Harness {
    fn new(subject: Subject) -> Self {
        let secret = Secret::from_random([7; 32]);
        let (at, id) = (Timestamp::from_seconds(1), Uuid::from_u128(1));
        let organization_id = OrganizationId::from_uuid(id);
        let key = ApiKey {
            id: ApiKeyId::from_uuid(id),
            organization_id: organization_id.clone(),
            organization_slug: "acme".parse().unwrap(),
            project_id: ProjectId::from_uuid(id),
            name: "a key".parse().unwrap(),
            role: Role::Reader,
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
        memory.forget(&epoch());
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
            services: web::Data::new(Services::new(&settings, MeasuredNode { node, metrics })),
            token: secret.expose().to_owned(),
        }
    }

    /// With everything in memory, and a lease that does not end.
    pub(super) async fn warm(subject: Subject) -> Self {
        let harness = Self::new(subject);
        let times = Times { lease: 255, end: 0 };
        harness.reset(times, Warm::All).await;
        harness
    }

    /// The ids of the key's organization and project.
    pub(super) fn owner(&self) -> (String, String) {
        let key = &self.world.borrow().database.key;
        (
            key.organization_id.as_str().to_owned(),
            key.project_id.as_str().to_owned(),
        )
    }

    /// The validators of the list and of the model.
    pub(super) fn tags(&self) -> (String, String) {
        let node = &self.services.node;
        let audience = Audience::from(&self.world.borrow().database.key.holder());
        let view = node.catalog.remember(&node.hold().unwrap(), &audience);
        let view = view.expect("it is in memory");
        let text = |etag: &actix_http::header::HeaderValue| etag.to_str().unwrap().to_owned();
        let model = view.model("own").expect("it is in the view");
        (text(&view.list().plain().etag), text(&model.etag))
    }

    pub(super) fn evict_view(&self) {
        let audience = Audience::from(&self.world.borrow().database.key.holder());
        self.services.node.catalog.evict(&audience);
    }

    /// Begins anew, with this in memory.
    async fn reset(&self, times: Times, warm: Warm) {
        self.restart(times);
        let node = &self.services.node;
        let audience = Audience::from(&self.world.borrow().database.key.holder());
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

    /// Begins anew, where memory is as it was.
    fn restart(&self, times: Times) {
        let mut world = self.world.borrow_mut();
        world.start = world.clock.now();
        world.state = State::start(times);
        world.database.is_committed.store(false, Ordering::Relaxed);
        let until = world.start + TICK * times.lease.into();
        world.lease.extend(until);
    }

    fn request(&self, path: &str) -> TestRequest {
        let authorization = format!("Bearer {}", self.token);
        TestRequest::with_uri(path).insert_header(("Authorization", authorization))
    }

    /// Tries all schedules of a read of this path.
    async fn walk(
        &self,
        times: Times,
        warm: Warm,
        path: &str,
        read: impl AsyncFn(BootTime, &str) -> Option<(u16, Vec<u8>)>,
    ) -> Counts {
        let schedules = Rc::new(RefCell::new(Schedules::default()));
        let mut counts = Counts::default();
        let mut is_clean = false;
        loop {
            if !is_clean || warm != Warm::All {
                self.reset(times, warm).await;
            } else {
                self.restart(times);
            }
            let (world, walked) = (self.world.clone(), schedules.clone());
            let move_on = move || {
                let (mut world, mut schedules) = (world.borrow_mut(), walked.borrow_mut());
                while let Some(step) = schedules.choose(world.state, times) {
                    world.state = world.state.after(step, times).unwrap();
                    world.take(step);
                }
                world.state
            };
            // The request is sent, and received at once: nothing is harder for the node.
            let sent = move_on();
            let barrier_is_over = sent.barrier_is_over();
            schedules
                .borrow_mut()
                .seen
                .push(Seen::Sent { barrier_is_over });
            let began = self.world.borrow().clock.now();
            let walked = schedules.clone();
            let hook = Hook::set(move |before| {
                let seen = Seen::of(move_on(), before);
                walked.borrow_mut().seen.push(seen);
            });
            let response = read(began, path).await;
            drop(hook);
            let is_shown = match (response, self.world.borrow().database.subject) {
                (None, _) => false,
                (Some((status, body)), Subject::Model) => {
                    let named = b"\"own\"";
                    status == 200 && body.windows(named.len()).any(|part| part == named)
                }
                // A refusal of another kind says that the key is good.
                (Some((status, _)), Subject::Key) => !matches!(status, 401 | 503),
            };
            let released = self.world.borrow().state;
            counts.schedules += 1;
            if is_shown {
                let schedule = || format!("{:?}", schedules.borrow().chosen);
                assert!(
                    !barrier_is_over,
                    "sent after the barrier, in {sent:?}, and released in {released:?}: {}",
                    schedule()
                );
                assert!(
                    released.committed.is_none_or(|end| released.now < end),
                    "sent in {sent:?}, and released late, in {released:?}: {}",
                    schedule()
                );
                counts.shown += 1;
                counts.shown_after_commit += usize::from(released.committed.is_some());
                counts.shown_after_barrier += usize::from(released.barrier_is_over());
            }
            is_clean = !released.applied;
            if !schedules.borrow_mut().advance() {
                return counts;
            }
        }
    }

    async fn walk_the_fast_path(&self, times: Times, path: &str) -> Counts {
        let request: Request = self.request(path).to_request();
        self.walk(times, Warm::All, path, async |began, _| {
            let fields = Fields::of(request.head());
            let read = remember(&self.services, began, &fields, &request)?;
            let response = read.into_inner().response;
            Some((
                response.status().as_u16(),
                bytes(response.into_body()).await,
            ))
        })
        .await
    }

    async fn walk_the_handlers(&self, times: Times, warm: Warm, path: &str) -> Counts {
        let application = App::new()
            .app_data(self.services.clone())
            .configure(routes::configure);
        let application = init_service(application).await;
        self.walk(times, warm, path, async |_, path| {
            let request = self.request(path).to_request();
            let response = actix_web::test::call_service(&application, request).await;
            let status = response.status().as_u16();
            Some((status, bytes(response.into_body()).await))
        })
        .await
    }
}

async fn bytes(body: impl MessageBody + 'static) -> Vec<u8> {
    let body: BoxBody = body.boxed();
    to_bytes(body).await.unwrap().to_vec()
}

/// Each schedule was a different one, and the model was shown in some of each kind.
fn assert_not_in_vain(name: &str, counts: &Counts) {
    assert!(counts.schedules > 500, "{name}: {counts:?}");
    assert!(counts.shown_after_commit > 0, "{name}: {counts:?}");
    assert!(counts.shown_after_barrier > 0, "{name}: {counts:?}");
    assert!(counts.shown < counts.schedules, "{name}: {counts:?}");
}

const SUBJECTS: [(&str, Subject, &str); 3] = [
    ("a deleted model", Subject::Model, MODEL),
    ("a list without it", Subject::Model, LIST),
    ("a revoked key", Subject::Key, MODEL),
];

/// A lease of two ticks, so that a renewal may be sent in the midst of one.
const LONG: Times = Times { lease: 2, end: 4 };
/// The handlers have many pauses.
const SHORT: Times = Times { lease: 1, end: 2 };

#[tokio::test]
async fn the_fast_path_never_shows_what_was_taken_away() {
    for (name, subject, path) in SUBJECTS {
        let counts = Harness::new(subject).walk_the_fast_path(LONG, path).await;
        assert_not_in_vain(name, &counts);
    }
}

#[tokio::test]
async fn the_handlers_never_show_what_was_taken_away() {
    for (name, subject, path) in SUBJECTS {
        let harness = Harness::new(subject);
        let counts = harness.walk_the_handlers(SHORT, Warm::All, path).await;
        assert_not_in_vain(name, &counts);
    }
}

#[tokio::test]
async fn a_read_that_loads_the_view_never_shows_what_was_taken_away() {
    for (name, subject, path) in [SUBJECTS[0], SUBJECTS[2]] {
        let harness = Harness::new(subject);
        let counts = harness.walk_the_handlers(SHORT, Warm::Session, path).await;
        assert_not_in_vain(name, &counts);
    }
}

#[tokio::test]
async fn a_read_that_loads_the_key_never_accepts_a_revoked_one() {
    let (name, subject, path) = SUBJECTS[2];
    let harness = Harness::new(subject);
    let counts = harness.walk_the_handlers(SHORT, Warm::View, path).await;
    assert_not_in_vain(name, &counts);
}
