use models_core::{OrganizationId, Timestamp};
use models_node::{RevisionTokens, View as _};
use proptest::prelude::*;

use super::*;

fn model(id: &str, scope: Scope) -> Model {
    let owned_by = match scope {
        Scope::Public => "some\"one",
        Scope::Organization(_) => "organization-owner",
    };
    Model {
        id: id.parse().unwrap(),
        scope,
        created: Timestamp::from_seconds(7),
        owned_by: owned_by.parse().unwrap(),
        shutdown_date: None,
    }
}

fn newest(revision: i64) -> Newest {
    Newest {
        revision: Revision(revision),
        token: RevisionTokens::new([7; 16]).present_token(Revision(revision)),
    }
}

fn own() -> Scope {
    Scope::Organization(OrganizationId::from_uuid(uuid::Uuid::nil()))
}

/// With the public ones in it rendered by itself, or taken from the view of all public ones.
fn assert_is_right(models: &[Model], missing: &str) {
    let newest = newest(1);
    let public = || models.iter().filter(|model| model.scope == Scope::Public);
    let shared = Arc::new(View::shared(public(), &newest).unwrap());
    assert!(shared.shows_just(public()));
    for public in [None, Some(shared)] {
        let view = View::new(models.iter(), &newest, public).unwrap();
        assert_shows(&view, models, missing);
    }
}

fn assert_shows(view: &View, models: &[Model], missing: &str) {
    let objects = models.iter().map(ModelObject::from);
    let objects: Vec<_> = objects
        .map(|object| serde_json::to_string(&object).unwrap())
        .collect();
    let list = format!(r#"{{"object":"list","data":[{}]}}"#, objects.join(","));
    assert_eq!(view.list().plain().body, list);
    for model in models {
        let shown = view.model(model.id.as_str()).unwrap();
        let object = serde_json::to_vec(&ModelObject::from(model)).unwrap();
        assert_eq!(shown.body, object);
        assert_eq!(shown.etag, Representation::new(shown.body).unwrap().etag);
    }
    assert!(view.model(missing).is_none());
}

/// Every second one is public.
fn mixed(ids: &[&str]) -> Vec<Model> {
    let scopes = [Scope::Public, own()].into_iter().cycle();
    ids.iter()
        .zip(scopes)
        .map(|(id, scope)| model(id, scope))
        .collect()
}

#[test]
fn the_list_and_its_slices_are_what_serde_renders() {
    assert_is_right(&[], "a");
    assert_is_right(&mixed(&["a"]), "b");
    assert_is_right(
        &mixed(&["a\"", "a\\", "a\\\"", "a", "模型/é", "</script>"]),
        "a\\\\",
    );
}

#[test]
fn an_own_model_goes_before_a_public_one_of_the_same_id() {
    let newest = newest(1);
    let public = [model("a", Scope::Public), model("b", Scope::Public)];
    let shared = Arc::new(View::shared(public.iter(), &newest).unwrap());
    let [_, b] = public;
    let models = [model("a", own()), b];
    let view = View::new(models.iter(), &newest, Some(shared)).unwrap();
    assert_shows(&view, &models, "c");
}

#[test]
fn a_view_whose_own_models_may_hide_public_ones_is_not_changed() {
    let models = mixed(&["a", "b"]);
    let alone = View::new(models.iter(), &newest(1), None).unwrap();
    assert!(alone.without(&["b"], &newest(2)).is_none());
    let [public, _] = &models[..] else { panic!() };
    let shared = Arc::new(View::shared([public].into_iter(), &newest(1)).unwrap());
    let view = View::new(models.iter(), &newest(1), Some(shared)).unwrap();
    assert!(view.without(&["a"], &newest(2)).is_none());
    assert!(view.without(&["b", "c"], &newest(2)).is_none());
    assert!(view.without(&["b"], &newest(2)).is_some());
}

#[test]
fn a_view_of_other_models_is_another() {
    let newest = newest(1);
    let [a, b, own] = [
        model("a", Scope::Public),
        model("b", Scope::Public),
        model("a", own()),
    ];
    let shared = View::shared([&a, &b].into_iter(), &newest).unwrap();
    assert!(shared.shows_just([&a, &b].into_iter()));
    for others in [&[][..], &[&a], &[&b, &a], &[&own, &b], &[&a, &b, &b]] {
        assert!(!shared.shows_just(others.iter().copied()), "{others:?}");
    }
}

proptest! {
    #[test]
    fn every_id_is_found_and_no_other(ids in proptest::collection::btree_set("[ab\"\\\\/é]{1,5}", 0..40), other in "[ab\"\\\\/é]{6}") {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_is_right(&mixed(&ids), &other);
    }

    #[test]
    fn without_some_it_is_what_the_others_look_like(
        ids in proptest::collection::btree_map("[ab\"\\\\/é]{1,5}", 0..3, 0..40),
    ) {
        // 0 is a public model, 1 one's own, and 2 one that is deleted.
        let models = ids.iter().map(|(id, kind)| (model(id, if *kind == 0 { Scope::Public } else { own() }), *kind));
        let (models, kinds): (Vec<_>, Vec<_>) = models.unzip();
        let public = models.iter().filter(|model| model.scope == Scope::Public);
        let shared = Arc::new(View::shared(public, &newest(1)).unwrap());
        let view = View::new(models.iter(), &newest(1), Some(shared)).unwrap();
        let (gone, left): (Vec<_>, Vec<_>) = models.into_iter().zip(kinds).partition(|(_, kind)| *kind == 2);
        let ids: Vec<&str> = gone.iter().map(|(model, _)| model.id.as_str()).collect();
        let changed = view.without(&ids, &newest(2)).unwrap();
        let left: Vec<_> = left.into_iter().map(|(model, _)| model).collect();
        assert_shows(&changed, &left, ids.first().unwrap_or(&"none"));
        // The same in two steps.
        let (first, second) = ids.split_at(ids.len() / 2);
        let twice = view.without(first, &newest(2)).unwrap().without(second, &newest(2)).unwrap();
        assert_shows(&twice, &left, ids.last().unwrap_or(&"none"));
        let anew = View::new(left.iter(), &newest(2), changed.public.clone()).unwrap();
        assert_eq!(anew.list.plain().etag, changed.list.plain().etag);
        assert_eq!(changed.newest(), Revision(2));
        assert_eq!(changed.revision().as_bytes(), newest(2).token.as_bytes());
    }
}
