use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::ModelId;
use crate::organization::{Organization, OrganizationContents, OrganizationState};
use crate::project::DefaultProject;
use crate::time::Timestamp;
use crate::visibility::list;
use crate::visibility::samples::{audiences, model, organization, unrestricted};

/// The models that an audience sees.
type View = BTreeMap<ModelId, Model>;

fn built(who: &Audience, catalog: &[Model]) -> View {
    let models = list(who, catalog).into_iter();
    models
        .map(|model| (model.id.clone(), model.clone()))
        .collect()
}

/// The view after the effect; `None` if the view must be rebuilt.
fn applied(mut view: View, effect: Effect<'_>) -> Option<View> {
    let shows_own = |view: &View, id| {
        let shown: Option<&Model> = view.get(id);
        shown.is_some_and(|model| model.scope != Scope::Public)
    };
    match effect {
        Effect::Nothing => {}
        Effect::Put(model) if model.scope == Scope::Public && shows_own(&view, &model.id) => {}
        Effect::Put(model) => {
            view.insert(model.id.clone(), model.clone());
        }
        Effect::Rebuild => return None,
        Effect::Remove(model) if model.scope != Scope::Public => return None,
        Effect::Remove(model) if shows_own(&view, &model.id) => {}
        Effect::Remove(model) => {
            view.remove(&model.id);
        }
    }
    Some(view)
}

/// Puts the model into the catalog, or removes the model of its id and scope. Returns the change,
/// if there is one.
fn change(catalog: &mut Vec<Model>, model: Model, is_wanted: bool) -> Option<Change> {
    let is_meant = |other: &Model| other.id == model.id && other.scope == model.scope;
    let before = catalog.iter().position(is_meant);
    let before = before.map(|place| catalog.remove(place));
    if is_wanted {
        catalog.push(model.clone());
    }
    match (before, is_wanted) {
        (None, true) => Some(Change::ModelCreated(model)),
        (Some(before), true) => Some(Change::ModelUpdated {
            before,
            after: model,
        }),
        (Some(before), false) => Some(Change::ModelDeleted(before)),
        (None, false) => None,
    }
}

proptest! {
    #[test]
    fn applying_effects_equals_rebuilding(
        log in proptest::collection::vec(
            // The third organization has no models of its own.
            (proptest::option::of(1..3_u8), "[a-c]", 0..9_u32, proptest::bool::weighted(0.6)), 0..40,
        ),
        audiences in proptest::collection::vec(audiences(), 1..6),
    ) {
        let mut catalog = vec![];
        for (owner, id, created, is_wanted) in log {
            let before: Vec<View> = audiences.iter().map(|who| built(who, &catalog)).collect();
            let Some(change) = change(&mut catalog, model(owner, &id, created), is_wanted) else {
                continue;
            };
            let owner = owner.map(organization);
            for (who, before) in audiences.iter().zip(before) {
                let effect = effect_on(&change, who);
                let is_own = owner.as_ref() == Some(who.organization_id());
                let view = applied(before, effect);
                prop_assert!(view.is_some() || is_own, "only a deletion of an own model");
                prop_assert_eq!(&view.unwrap_or_else(|| built(who, &catalog)), &built(who, &catalog));
                match reach_of(&change) {
                    Reach::Nobody => prop_assert_eq!(effect, Effect::Nothing),
                    Reach::Organization(reached) => {
                        prop_assert!(reached == *who.organization_id() || effect == Effect::Nothing);
                    }
                    Reach::Everybody => prop_assert_eq!(owner.as_ref(), None),
                }
            }
        }
    }
}

#[test]
fn a_change_reaches_the_audiences_of_its_model() {
    let (public, own) = (model(None, "a", 1), model(Some(1), "a", 2));
    let deleted = |model: &Model| Change::ModelDeleted(model.clone());
    assert_eq!(reach_of(&deleted(&public)), Reach::Everybody);
    let first = Reach::Organization(organization(1));
    assert_eq!(reach_of(&deleted(&own)), first);
    let is_untouched =
        |change: &Change, who| effect_on(change, &unrestricted(who)) == Effect::Nothing;
    assert_eq!(
        effect_on(&deleted(&own), &unrestricted(1)),
        Effect::Remove(&own)
    );
    assert!(is_untouched(&deleted(&own), 2));
    let removal = Change::OrganizationDeleted {
        organization: Organization {
            id: organization(1),
            slug: "acme".parse().expect("a slug"),
            name: "Acme".parse().expect("a name"),
            default_project: DefaultProject {
                id: "proj_1".parse().expect("an id"),
                name: "Default".parse().expect("a name"),
            },
            created_at: Timestamp::from_seconds(1),
            disabled_at: None,
        },
        removed: OrganizationContents::default(),
    };
    assert_eq!(reach_of(&removal), first);
    let effect = |who| effect_on(&removal, &unrestricted(who));
    assert_eq!((effect(1), effect(2)), (Effect::Rebuild, Effect::Nothing));
    let named = |name: &str| OrganizationState {
        name: name.parse().expect("a name"),
        disabled_at: None,
        public_models: None,
        new_projects: None,
    };
    let renaming = |before, after| Change::OrganizationUpdated {
        id: organization(1),
        before: named(before),
        after: named(after),
    };
    assert_eq!(reach_of(&renaming("a", "b")), first);
    let effect = |who| {
        let change = renaming("a", "b");
        effect_on(&change, &unrestricted(who)) == Effect::Rebuild
    };
    assert_eq!((effect(1), effect(2)), (true, false));
    assert_eq!(reach_of(&renaming("a", "a")), Reach::Nobody);
    assert!(is_untouched(&renaming("a", "a"), 1));
    let lease = Change::LeaseUpdated {
        before_seconds: None,
        after_seconds: 15,
    };
    assert_eq!(reach_of(&lease), Reach::Nobody);
    assert!(is_untouched(&lease, 1));
}
