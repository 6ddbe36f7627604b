use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use models_core::{
    Actor, ApiKeyId, Attempt, Audience, Candidates, Change, Deletion, Epoch, Event, Import,
    ImportReport, Model, ModelId, ModelRepository, OrganizationId, Origin, Position, Principal,
    Progress, ProjectId, RepositoryError, Revision, Role, Scope, Snapshot, Timestamp,
};
use uuid::Uuid;

use super::{Catalog, Newest, View};
use crate::clock::ManualClock;
use crate::lease::{HeldLease, Lease};
use crate::revision::RevisionTokens;

/// The ids that it shows, and how far it is.
struct Shown {
    ids: Vec<String>,
    newest: Newest,
    has_public: bool,
}

fn ids<'a>(models: impl Iterator<Item = &'a Model>) -> Vec<String> {
    models.map(|model| model.id.to_string()).collect()
}

impl View for Shown {
    fn new<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
        public: Option<Arc<Self>>,
    ) -> Result<Self, RepositoryError> {
        Ok(Self {
            ids: ids(models),
            newest: *newest,
            has_public: public.is_some(),
        })
    }

    fn shared<'a>(
        models: impl Iterator<Item = &'a Model>,
        newest: &Newest,
    ) -> Result<Self, RepositoryError> {
        Self::new(models, newest, None)
    }

    fn shows_just<'a>(&self, models: impl Iterator<Item = &'a Model>) -> bool {
        self.ids == ids(models)
    }

    fn without(&self, ids: &[&str], newest: &Newest) -> Option<Self> {
        let mut left = self.ids.clone();
        left.retain(|id| !ids.contains(&id.as_str()));
        self.has_public.then_some(Self {
            ids: left,
            newest: *newest,
            has_public: true,
        })
    }

    fn newest(&self) -> Revision {
        self.newest.revision
    }

    fn weight(&self) -> usize {
        1_000
    }
}

fn organization(number: u128) -> OrganizationId {
    OrganizationId::from_uuid(Uuid::from_u128(number))
}

fn audience(number: u128) -> Audience {
    Audience::from(&Principal {
        key_id: ApiKeyId::from_uuid(Uuid::from_u128(1)),
        organization_id: organization(number),
        organization_slug: "acme".parse().unwrap(),
        project_id: ProjectId::from_uuid(Uuid::from_u128(1)),
        role: Role::Reader,
    })
}

fn model(id: &str, owner: Option<u128>) -> Model {
    Model {
        id: id.parse().unwrap(),
        scope: owner.map(organization).into(),
        created: Timestamp::from_seconds(1),
        owned_by: "someone".parse().unwrap(),
        shutdown_date: None,
    }
}

fn event(revision: i64, change: Change) -> Event {
    Event {
        revision: Revision(revision),
        origin: Origin {
            actor: Actor::CommandLine,
            at: Timestamp::from_seconds(1),
        },
        change,
    }
}

fn epoch() -> Epoch {
    Epoch("one".to_owned())
}

/// The public model `public`, and two models of each organization with an even number.
struct Models {
    reads: AtomicUsize,
    /// More public models.
    more: usize,
}

#[async_trait]
impl ModelRepository for Models {
    async fn list(&self, _: &Scope) -> Result<Vec<Model>, RepositoryError> {
        unreachable!()
    }

    async fn find(&self, _: &Scope, _: &ModelId) -> Result<Option<Model>, RepositoryError> {
        unreachable!()
    }

    async fn list_candidates(
        &self,
        id: &OrganizationId,
    ) -> Result<Snapshot<Candidates>, RepositoryError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let owner = [2, 4]
            .into_iter()
            .find(|number| organization(*number) == *id);
        let mut models = vec![model("public", None)];
        models.extend((0..self.more).map(|number| model(&format!("public-{number:04}"), None)));
        if owner.is_some() {
            models.extend(["own-1", "own-2"].map(|id| model(id, owner)));
        }
        Ok(Snapshot {
            position: Position {
                epoch: epoch(),
                revision: Revision(9),
            },
            value: Candidates {
                models,
                public_revision: Revision(3),
                own_revision: Revision(if owner.is_some() { 7 } else { 0 }),
            },
        })
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

struct Scene {
    models: Arc<Models>,
    lease: Lease,
    tokens: Arc<RevisionTokens>,
    catalog: Catalog<Shown>,
}

impl Scene {
    fn new() -> Self {
        Self::with_more(0)
    }

    fn with_more(more: usize) -> Self {
        let models = Arc::new(Models {
            reads: AtomicUsize::new(0),
            more,
        });
        let clock = ManualClock::default();
        let lease = Lease::new(clock.clone().into());
        lease.extend(clock.now() + Duration::from_mins(1));
        let tokens = Arc::new(RevisionTokens::new([7; 16]));
        tokens.begin(&epoch());
        let catalog = Catalog::new(models.clone(), tokens.clone(), 1 << 20, Arc::default());
        catalog.forget(&epoch());
        Self {
            models,
            lease,
            tokens,
            catalog,
        }
    }

    fn hold(&self) -> HeldLease {
        self.lease.hold_at(self.lease.clock.now()).unwrap()
    }

    async fn view(&self, number: u128) -> Arc<Shown> {
        let acquire = || Ok(self.hold());
        let (_, view) = self.catalog.view(acquire, &audience(number)).await.unwrap();
        view
    }

    fn remember(&self, number: u128) -> Option<Arc<Shown>> {
        self.catalog.remember(&self.hold(), &audience(number))
    }

    fn reads(&self) -> usize {
        self.models.reads.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_view_shows_what_the_audience_sees_and_stays_in_memory() {
    let scene = Scene::new();
    assert!(scene.remember(2).is_none());
    let view = scene.view(2).await;
    assert_eq!(view.ids, ["own-1", "own-2", "public"]);
    assert!(view.has_public);
    assert_eq!(view.newest.revision, Revision(7));
    assert_eq!(view.newest.token, scene.tokens.token(&epoch(), Revision(7)));
    assert!(Arc::ptr_eq(&view, &scene.view(2).await));
    assert_eq!(scene.reads(), 1);
    scene.catalog.invalidate();
    assert!(scene.remember(2).is_none());
}

#[tokio::test]
async fn audiences_that_see_just_the_public_models_share_a_view() {
    for more in [0, super::catalog::MANY] {
        let scene = Scene::with_more(more);
        let (one, three) = (scene.view(1).await, scene.view(3).await);
        assert_eq!(one.ids.len(), 1 + more);
        assert_eq!(one.newest.revision, Revision(3));
        assert!(Arc::ptr_eq(&one, &three));
        assert_eq!(scene.reads(), 2);
    }
}

#[tokio::test]
async fn a_deletion_changes_the_view_of_its_organization_alone() {
    let scene = Scene::new();
    for number in [1, 2, 4] {
        scene.view(number).await;
        assert!(scene.remember(number).is_some());
    }
    let deleted = |revision, id| event(revision, Change::ModelDeleted(model(id, Some(2))));
    // The first one is in the view already.
    scene
        .catalog
        .apply(&[deleted(7, "own-2"), deleted(10, "own-1")]);
    let changed = scene.remember(2).unwrap();
    assert_eq!(changed.ids, ["own-2", "public"]);
    let token = scene.tokens.token(&epoch(), Revision(10));
    assert_eq!(
        (changed.newest.revision, changed.newest.token),
        (Revision(10), token)
    );
    assert_eq!(scene.remember(4).unwrap().ids.len(), 3);
    scene.catalog.apply(&[deleted(10, "own-1")]);
    assert!(Arc::ptr_eq(&changed, &scene.remember(2).unwrap()));
    assert_eq!(scene.reads(), 3);
}

#[tokio::test]
async fn any_other_change_drops_the_views_that_it_can_touch() {
    let scene = Scene::new();
    let created = |revision, owner| event(revision, Change::ModelCreated(model("new", owner)));
    let deleted = |revision, owner| event(revision, Change::ModelDeleted(model("own-1", owner)));
    let lease = Change::LeaseUpdated {
        before_seconds: None,
        after_seconds: 15,
    };
    for (events, dropped) in [
        (vec![event(10, lease)], &[][..]),
        (vec![created(10, Some(2))], &[2]),
        (vec![created(10, Some(2)), deleted(11, Some(2))], &[2]),
        (vec![deleted(10, Some(2)), created(11, Some(2))], &[2]),
        (vec![deleted(10, Some(2)), created(11, None)], &[1, 2, 4]),
        (vec![deleted(10, None)], &[1, 2, 4]),
    ] {
        for number in [1, 2, 4] {
            scene.view(number).await;
            assert!(scene.remember(number).is_some());
        }
        scene.catalog.apply(&events);
        let gone: Vec<u128> = [1, 2, 4]
            .into_iter()
            .filter(|number| scene.remember(*number).is_none())
            .collect();
        assert_eq!(gone, dropped, "{events:?}");
    }
}
