//! Views of random models.

use models_core::{Model, Revision, Scope};
use models_node::View as _;
use proptest::prelude::*;

use super::fixtures::{
    FORMS, assert_shows, assert_views_show, mixed, model, newest, own, public, view,
};
use crate::http::revision::RevisionHeader;

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
