use models_core::{OrganizationId, Timestamp};
use models_node::{RevisionTokens, View as _};
use proptest::prelude::*;

use super::*;
use crate::dialects::openai::objects::ModelObject;
use crate::http::coding::{Accepted, Coding};
use crate::http::representation::write_etag;

/// Forms with few models in a segment.
static FORMS: [Form; 3] = [Form::parts(1), Form::parts(2), Form::parts(5)];

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

fn public<'a>(models: impl IntoIterator<Item = &'a Model>) -> Arc<View> {
    let public = models
        .into_iter()
        .filter(|model| model.scope == Scope::Public);
    Arc::new(View::of_public(public, &newest(1)).unwrap())
}

fn view<'a>(
    models: impl IntoIterator<Item = &'a Model>,
    public: &Arc<View>,
    form: &'static Form,
) -> View {
    View::render(models.into_iter(), &newest(1), public.clone(), form).unwrap()
}

fn etag(bytes: &[u8]) -> HeaderValue {
    let mut etag = vec![];
    write_etag([bytes], &mut etag);
    HeaderValue::from_bytes(&etag).unwrap()
}

fn list_of(view: &View) -> Representation {
    view.list().choose(Accepted::default()).0
}

fn bytes(view: &View) -> Bytes {
    list_of(view).content.to_bytes()
}

fn assert_shows<'a>(view: &View, models: impl IntoIterator<Item = &'a Model>, missing: &str) {
    let mut objects = vec![];
    for model in models {
        let shown = view.model(model.id.as_str()).unwrap();
        let object = serde_json::to_string(&ModelObject::from(model)).unwrap();
        assert_eq!(shown.content.to_bytes(), object);
        assert_eq!(shown.etag, etag(object.as_bytes()));
        objects.push(object);
    }
    let list = format!(r#"{{"object":"list","data":[{}]}}"#, objects.join(","));
    assert_eq!(bytes(view), list);
    assert_eq!(list_of(view).etag, etag(list.as_bytes()));
    assert!(view.model(missing).is_none());
}

/// Models with these ids, every second one public.
fn mixed(ids: &[&str]) -> Vec<Model> {
    let scopes = [Scope::Public, own()].into_iter().cycle();
    ids.iter()
        .zip(scopes)
        .map(|(id, scope)| model(id, scope))
        .collect()
}

fn assert_views_show(models: &[Model], missing: &str) {
    let public = public(models);
    let all_public = models.iter().filter(|model| model.scope == Scope::Public);
    assert_shows(&public, all_public, missing);
    for form in &FORMS {
        assert_shows(&view(models, &public, form), models, missing);
    }
}

#[test]
fn the_list_and_its_objects_equal_the_output_of_serde() {
    assert_views_show(&[], "a");
    assert_views_show(&mixed(&["a"]), "b");
    assert_views_show(
        &mixed(&["a\"", "a\\", "a\\\"", "a", "模型/é", "</script>"]),
        "a\\\\",
    );
}

#[test]
fn an_own_model_replaces_a_public_one_with_the_same_id() {
    let [a, b, own_a] = [
        model("a", Scope::Public),
        model("b", Scope::Public),
        model("a", own()),
    ];
    let public = public([&a, &b]);
    assert_shows(&view([&own_a, &b], &public, &Form::OWN), [&own_a, &b], "c");
    assert_shows(&view([&b, &own_a], &public, &Form::OWN), [&b, &own_a], "c");
}

#[test]
fn a_public_model_that_the_common_view_lacks_is_shown() {
    let models = ["a", "b", "c"].map(|id| model(id, Scope::Public));
    let [a, b, c] = &models;
    let view = view([b, c, a], &public([a, b]), &Form::OWN);
    assert_shows(&view, [b, c, a], "d");
}

#[test]
fn a_deletion_that_needs_the_database_does_not_change_the_view() {
    let [a, b, own_a, own_c] = [
        model("a", Scope::Public),
        model("b", Scope::Public),
        model("a", own()),
        model("c", own()),
    ];
    let public = public([&a, &b]);
    let view = view([&own_a, &b, &own_c], &public, &Form::OWN);
    // Without the own model, the view shows the public one, which needs another place.
    assert!(view.without(&["a"], &newest(2)).is_none());
    for others in [&["b"][..], &["d"], &["c", "d"]] {
        assert!(view.without(others, &newest(2)).is_none());
    }
    assert!(public.without(&["a"], &newest(2)).is_none());
    let without = view.without(&["c"], &newest(2)).unwrap();
    assert_shows(&without, [&own_a, &b], "c");
    assert!(without.without(&["c"], &newest(3)).is_none());
}

#[test]
fn public_models_are_not_copied() {
    let models = mixed(&["a", "b", "c", "d", "e", "f"]);
    let public = public(&models);
    let view = view(&models, &public, &Form::OWN);
    let text = public.models.list();
    for model in models.iter().filter(|model| model.scope == Scope::Public) {
        let object = view.model(model.id.as_str()).unwrap().content.to_bytes();
        assert!(text.as_ptr_range().contains(&object.as_ptr()));
    }
    let list = list_of(&view);
    let pieces = list.content.pieces();
    let is_shared = |piece: &&Bytes| text.as_ptr_range().contains(&piece.as_ptr());
    let shared = pieces.iter().filter(is_shared).map(Bytes::len);
    let public_list = bytes(&public).len();
    // The shared bytes are the whole list without its brackets and the comma of the first object.
    assert_eq!(
        shared.sum::<usize>(),
        public_list - br#"{"object":"list","data":[]}"#.len()
    );
}

fn many(count: usize) -> Vec<Model> {
    let id = |number| format!("ft:gpt-4o-mini-2024-07-18:acme-research:exp-{number:06}:AbCdEf12");
    let models = (0..count).map(|number| Model {
        shutdown_date: Some("2027-01-31".parse().unwrap()),
        ..model(&id(number), own())
    });
    models.collect()
}

#[test]
fn a_deletion_renders_one_segment_again_and_the_list_only_if_a_request_used_it() {
    let models = many(2_000);
    let view = view(&models, &public([]), &Form::OWN);
    let deleted = models[700].id.as_str();
    let address = |view: &View, number: usize| {
        let model = view.model(models[number].id.as_str()).unwrap();
        model.content.to_bytes().as_ptr()
    };
    let without = view.without(&[deleted], &newest(2)).unwrap();
    for (number, is_same) in [
        (0, true),
        (511, true),
        (512, false),
        (1_023, false),
        (1_024, true),
    ] {
        assert_eq!(address(&view, number) == address(&without, number), is_same);
    }
    assert!(without.list.get().is_none());
    assert_shows(
        &without,
        models.iter().filter(|model| model.id.as_str() != deleted),
        deleted,
    );
    let another = without
        .without(&[models[0].id.as_str()], &newest(3))
        .unwrap();
    assert!(another.list.get().is_some());
    let another = another
        .without(&[models[1].id.as_str()], &newest(4))
        .unwrap();
    assert!(another.list.get().is_none());
}

#[test]
fn the_list_of_many_models_is_rendered_with_the_view_and_not_by_a_request() {
    for (own, common) in [(MANY_MODELS, 0), (MANY_MODELS - 1, 1), (0, MANY_MODELS)] {
        let shared: Vec<Model> = (0..=common)
            .map(|number| model(&format!("gpt-{number}"), Scope::Public))
            .collect();
        let models = many(own);
        let small = view(
            models.iter().chain(&shared[1..]),
            &public(&shared[1..]),
            &Form::OWN,
        );
        assert!(small.list.get().is_none() && small.has_list());
        let large = view(models.iter().chain(&shared), &public(&shared), &Form::OWN);
        assert!(large.list.get().is_some() && large.has_list());
    }
    let models = many(MANY_MODELS + 2);
    let view = view(&models, &public([]), &Form::OWN);
    let without = view.without(&[models[0].id.as_str()], &newest(2)).unwrap();
    assert!(!without.has_list());
    without.list();
    let next = without
        .without(&[models[1].id.as_str()], &newest(3))
        .unwrap();
    assert!(next.list.get().is_some() && next.has_list());
}

#[test]
fn an_own_model_takes_at_most_300_bytes() {
    let public_models: Vec<Model> = (0..1_000)
        .map(|number| model(&format!("gpt-{number}"), Scope::Public))
        .collect();
    let public = public(&public_models);
    let weight = |count| {
        view(
            many(count).iter().chain(&public_models),
            &public,
            &Form::OWN,
        )
        .weight()
    };
    let before = weight(0);
    assert!(before < 1_500, "{before}");
    for count in [10, 100, 1_000, 1_025, 10_000] {
        let each = (weight(count) - before).div_ceil(count);
        assert!(
            (200..=300).contains(&each),
            "{each} bytes for each of {count}"
        );
    }
    // Each own model between two public ones.
    let between = many(1_000);
    let alternating = between
        .iter()
        .zip(&public_models)
        .flat_map(|(own, public)| [own, public]);
    let each = (view(alternating, &public, &Form::OWN).weight() - before).div_ceil(1_000);
    assert!(each <= 300, "{each} bytes for each between public ones");
}

#[test]
fn compressed_lists_can_be_freed() {
    let models = many(1_000);
    let public = public([]);
    let view = view(&models, &public, &Form::OWN);
    let before = view.weight();
    view.list().encode(Coding::Gzip);
    let spare = view.spare();
    assert!(spare > 1_000 && view.weight() == before + spare);
    view.shed();
    assert_eq!((view.spare(), view.weight()), (0, before));
    assert_eq!(public.weight(), 0);
}

/// The model with an id, and its fate in the test.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Public,
    /// A public model that the audience does not see.
    HiddenPublic,
    Own,
    OwnInPlaceOfPublic,
    Deleted,
}

fn kinds() -> impl Strategy<Value = Kind> {
    use Kind::{Deleted, HiddenPublic, Own, OwnInPlaceOfPublic, Public};
    proptest::sample::select(vec![Public, HiddenPublic, Own, OwnInPlaceOfPublic, Deleted])
}

proptest! {
    #[test]
    fn every_id_of_the_view_is_found_and_no_other(ids in proptest::collection::btree_set("[ab\"\\\\/é]{1,5}", 0..40), other in "[ab\"\\\\/é]{6}") {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        assert_views_show(&mixed(&ids), &other);
    }

    #[test]
    fn a_view_without_models_equals_a_view_of_the_others(
        kinds in proptest::collection::btree_map("[ab\"\\\\/é]{1,5}", kinds(), 0..40),
        form in 0..3_usize,
    ) {
        let form = &FORMS[form];
        let is_public = |kind| matches!(kind, Kind::Public | Kind::HiddenPublic | Kind::OwnInPlaceOfPublic);
        let all_public: Vec<Model> = kinds.iter().filter(|(_, kind)| is_public(**kind))
            .map(|(id, _)| model(id, Scope::Public)).collect();
        let public = public(&all_public);
        let shown: Vec<(Model, Kind)> = kinds.iter().filter(|(_, kind)| **kind != Kind::HiddenPublic)
            .map(|(id, kind)| (model(id, if *kind == Kind::Public { Scope::Public } else { own() }), *kind)).collect();
        let of = |models: &[(Model, Kind)]| view(models.iter().map(|(model, _)| model), &public, form);
        let before = of(&shown);
        for (id, kind) in &kinds {
            prop_assert_eq!(before.model(id).is_some(), *kind != Kind::HiddenPublic);
        }
        let (deleted, left): (Vec<_>, Vec<_>) = shown.iter().cloned().partition(|(_, kind)| *kind == Kind::Deleted);
        let ids: Vec<&str> = deleted.iter().map(|(model, _)| model.id.as_str()).collect();
        let left_models = || left.iter().map(|(model, _)| model);
        let missing = ids.first().unwrap_or(&"none");
        let changed = before.without(&ids, &newest(2)).unwrap();
        assert_shows(&changed, left_models(), missing);
        // The same deletion in two steps, and a new view of the remaining models.
        let (first, second) = ids.split_at(ids.len() / 2);
        let twice = before.without(first, &newest(2)).unwrap().without(second, &newest(2)).unwrap();
        assert_shows(&twice, left_models(), missing);
        assert_shows(&of(&left), left_models(), missing);
        assert_shows(&before, shown.iter().map(|(model, _)| model), "none");
        prop_assert_eq!(changed.newest(), Revision(2));
        prop_assert_eq!(changed.revision(), RevisionHeader::from(newest(2).token).0);
    }
}
