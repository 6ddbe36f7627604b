use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use models_core::{Audience, Change, Revision};

use super::Catalog;
use crate::cache::CacheCounters;
use crate::fake::keys::epoch;
use crate::fake::models::{Models, Shown, audience, event, model, restricted};
use crate::lease::clock::ManualClock;
use crate::lease::{HeldLease, Lease};
use crate::revision::RevisionTokens;

struct Scene {
    models: Arc<Models>,
    lease: Lease,
    tokens: Arc<RevisionTokens>,
    catalog: Catalog<Shown>,
    counters: Arc<CacheCounters>,
}

impl Scene {
    fn new() -> Self {
        Self::with_more(0)
    }

    fn with_more(more: usize) -> Self {
        let models = Arc::new(Models {
            more,
            ..Models::default()
        });
        let clock = ManualClock::default();
        let lease = Lease::new(clock.clone().into());
        lease.extend(clock.now() + Duration::from_mins(1));
        let tokens = Arc::new(RevisionTokens::new([7; 16]));
        tokens.begin(&epoch());
        let counters = Arc::new(CacheCounters::default());
        let catalog = Catalog::new(models.clone(), tokens.clone(), 1 << 20, counters.clone());
        catalog.begin_epoch(&epoch());
        Self {
            models,
            lease,
            tokens,
            catalog,
            counters,
        }
    }

    fn hold(&self) -> HeldLease {
        self.lease.hold_at(self.lease.clock.now()).unwrap()
    }

    async fn view(&self, number: u128) -> Arc<Shown> {
        self.view_of(&audience(number)).await
    }

    async fn view_of(&self, audience: &Audience) -> Arc<Shown> {
        let acquire = || Ok(self.hold());
        let (_, view) = self.catalog.view(acquire, audience).await.unwrap();
        view
    }

    fn get(&self, number: u128) -> Option<Arc<Shown>> {
        self.get_of(&audience(number))
    }

    fn get_of(&self, audience: &Audience) -> Option<Arc<Shown>> {
        self.catalog.get(&self.hold(), audience)
    }

    fn reads(&self) -> usize {
        self.models.reads.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_view_shows_what_its_audience_sees_and_later_requests_hit_it() {
    let scene = Scene::new();
    assert!(scene.get(2).is_none());
    let view = scene.view(2).await;
    assert_eq!(view.ids, ["own-1", "own-2", "public"]);
    assert_eq!(view.public.as_ref().unwrap().ids, ["public"]);
    assert_eq!(view.newest.revision, Revision(7));
    assert_eq!(view.newest.token, scene.tokens.token(&epoch(), Revision(7)));
    assert!(Arc::ptr_eq(&view, &scene.view(2).await));
    assert_eq!(scene.reads(), 1);
    scene.catalog.invalidate();
    assert!(scene.get(2).is_none());
}

#[tokio::test]
async fn audiences_that_see_exactly_the_public_models_share_a_view() {
    for more in [0, super::MANY_MODELS] {
        let scene = Scene::with_more(more);
        let (one, three) = (scene.view(1).await, scene.view(3).await);
        assert_eq!(one.ids.len(), 1 + more);
        assert_eq!(one.newest.revision, Revision(3));
        assert!(Arc::ptr_eq(&one, &three));
        assert_eq!(scene.reads(), 2);
    }
}

#[tokio::test]
async fn an_audience_that_has_or_had_own_models_has_a_view_of_its_own() {
    let scene = Scene::new();
    let public = scene.view(1).await;
    let deleted = scene.view(6).await;
    assert_eq!(deleted.ids, public.ids);
    assert_eq!(deleted.newest.revision, Revision(7));
    // The organization's own model hides the public one.
    let own = scene.view(8).await;
    assert_eq!(own.ids, public.ids);
    // All of them share the view of the public models.
    for view in [deleted, own, scene.view(2).await] {
        assert!(Arc::ptr_eq(view.public.as_ref().unwrap(), &public));
    }
}

#[tokio::test]
async fn the_catalog_counts_the_growth_of_a_view_and_sheds_before_it_evicts() {
    let scene = Scene::new();
    let view = scene.view(2).await;
    let before = scene.counters.bytes();
    assert!(before > 1_000, "{before}");
    view.size.store(3_000, Ordering::Relaxed);
    scene.catalog.update_size(&audience(2), &view);
    assert_eq!(scene.counters.bytes(), before + 2_000);
    // The cache frees the spare memory and evicts no view.
    view.size.store(1 << 21, Ordering::Relaxed);
    scene.catalog.update_size(&audience(2), &view);
    assert_eq!(scene.counters.bytes(), before);
    assert!(Arc::ptr_eq(&view, &scene.get(2).unwrap()));
    scene.catalog.evict(&audience(2));
    assert!(scene.get(2).is_none());
    assert_eq!(scene.counters.bytes(), 0);
}

#[tokio::test]
async fn a_deletion_changes_the_view_of_its_organization_alone() {
    let scene = Scene::new();
    for number in [1, 2, 4] {
        scene.view(number).await;
        assert!(scene.get(number).is_some());
    }
    let deleted = |revision, id| event(revision, Change::ModelDeleted(model(id, Some(2))));
    // The view contains the first deletion already.
    scene
        .catalog
        .apply(&[deleted(7, "own-2"), deleted(10, "own-1")]);
    let changed = scene.get(2).unwrap();
    assert_eq!(changed.ids, ["own-2", "public"]);
    let token = scene.tokens.token(&epoch(), Revision(10));
    assert_eq!(
        (changed.newest.revision, changed.newest.token),
        (Revision(10), token)
    );
    assert_eq!(scene.get(4).unwrap().ids.len(), 3);
    scene.catalog.apply(&[deleted(10, "own-1")]);
    assert!(Arc::ptr_eq(&changed, &scene.get(2).unwrap()));
    assert_eq!(scene.reads(), 3);
}

#[tokio::test]
async fn any_other_event_drops_the_views_that_it_touches() {
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
            assert!(scene.get(number).is_some());
        }
        scene.catalog.apply(&events);
        let gone: Vec<u128> = [1, 2, 4]
            .into_iter()
            .filter(|number| scene.get(*number).is_none())
            .collect();
        assert_eq!(gone, dropped, "{events:?}");
    }
}

#[tokio::test]
async fn an_event_of_an_organization_reaches_the_views_of_all_its_policies() {
    let scene = Scene::new();
    let audiences = [
        audience(2),
        restricted(2, &["own-1", "public"]),
        restricted(2, &["public"]),
        restricted(4, &["own-1"]),
    ];
    for audience in &audiences {
        scene.view_of(audience).await;
        assert!(scene.get_of(audience).is_some());
    }
    let ids = |audience| scene.get_of(audience).map(|view| view.ids.clone());
    let own = |ids: &[&str]| Some(ids.iter().map(|id| (*id).to_owned()).collect());
    assert_eq!(ids(&audiences[1]), own(&["own-1", "public"]));
    let deleted = |id| event(10, Change::ModelDeleted(model(id, Some(2))));
    scene.catalog.apply(&[deleted("own-1")]);
    assert_eq!(ids(&audiences[0]), own(&["own-2", "public"]));
    assert_eq!(ids(&audiences[1]), own(&["public"]));
    assert_eq!(ids(&audiences[2]), own(&["public"]));
    assert_eq!(ids(&audiences[3]), own(&["own-1"]));
    // A new model drops only the views that can show it.
    let created = Change::ModelCreated(model("own-2", Some(2)));
    scene.catalog.apply(&[event(11, created)]);
    let is_there: Vec<bool> = audiences
        .iter()
        .map(|audience| ids(audience).is_some())
        .collect();
    assert_eq!(is_there, [false, true, true, true]);
}

#[tokio::test]
async fn an_event_reaches_a_load_in_flight_of_each_policy() {
    let scene = Scene::new();
    let audience = restricted(2, &["own-1", "public"]);
    let mut load = Box::pin(scene.view_of(&audience));
    let closed = scene.models.gate.write().await;
    assert!(futures_util::poll!(&mut load).is_pending());
    let deleted = Change::ModelDeleted(model("own-1", Some(2)));
    scene.catalog.apply(&[event(10, deleted)]);
    drop(closed);
    assert_eq!(load.await.ids, ["public"]);
}

#[tokio::test]
async fn a_policy_that_hides_a_public_model_has_a_view_of_its_own() {
    let scene = Scene::new();
    let public = scene.view(1).await;
    let same = scene.view_of(&restricted(3, &["public", "other"])).await;
    assert!(Arc::ptr_eq(&same, &public));
    let none = scene.view_of(&restricted(3, &["other"])).await;
    assert_eq!(none.ids, [""; 0]);
    assert!(Arc::ptr_eq(none.public.as_ref().unwrap(), &public));
}
