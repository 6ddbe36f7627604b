//! The decision which model an audience sees.

use super::audience::Audience;
use crate::model::{Model, ModelId, Scope};

/// All models of the catalog with one id.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e, 'm> {
    candidates: &'e [&'m Model],
}

impl<'e, 'm> Entry<'e, 'm> {
    /// Makes an entry of these models, which all have the same id and different scopes.
    #[must_use]
    pub fn new(candidates: &'e [&'m Model]) -> Self {
        Self { candidates }
    }

    fn find(self, is_meant: impl Fn(&Scope) -> bool) -> Option<&'m Model> {
        let mut candidates = self.candidates.iter().copied();
        candidates.find(|model| is_meant(&model.scope))
    }
}

/// Why an audience sees no model under an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// There is no model with this id.
    Missing,
    /// Only other organizations have a model with this id.
    AnotherOrganization,
    /// The organization's policy denies the public model with this id.
    OrganizationPolicy,
    /// The project's policy denies the id.
    ProjectPolicy,
}

/// The model that the audience sees under the entry's id. The organization's own model takes
/// precedence over the public one. The organization's policy concerns the public model only, and the
/// project's policy both. The policies do not change which model has precedence.
pub fn decide<'m>(audience: &Audience, entry: Entry<'_, 'm>) -> Result<&'m Model, Hidden> {
    let is_own = |scope: &Scope| scope.organization_id() == Some(audience.organization_id());
    let is_public = |scope: &Scope| *scope == Scope::Public;
    let policies = audience.policies();
    let model = match (entry.find(is_own), entry.find(is_public)) {
        (Some(own), _) => own,
        (None, Some(public)) if policies.organization_allows(public.id.as_str()) => public,
        (None, Some(_)) => return Err(Hidden::OrganizationPolicy),
        (None, None) if entry.candidates.is_empty() => return Err(Hidden::Missing),
        (None, None) => return Err(Hidden::AnotherOrganization),
    };
    if policies.project_allows(model.id.as_str()) {
        Ok(model)
    } else {
        Err(Hidden::ProjectPolicy)
    }
}

/// All models that the audience sees among the candidates, ordered by `created` and then by the
/// bytes of the id. Each id appears once.
#[must_use]
pub fn list<'m>(audience: &Audience, candidates: &'m [Model]) -> Vec<&'m Model> {
    let mut candidates: Vec<&Model> = candidates.iter().collect();
    candidates.sort_by(|one, other| one.id.cmp(&other.id));
    let entries = candidates.chunk_by(|one, other| one.id == other.id);
    let seen = entries.filter_map(|models| decide(audience, Entry::new(models)).ok());
    let mut models: Vec<&Model> = seen.collect();
    models.sort_by_key(|model| model.created); // stable: the ids stay in order
    models
}

/// The model with this id, as in [`list`].
#[must_use]
pub fn find<'m>(audience: &Audience, id: &ModelId, candidates: &'m [Model]) -> Option<&'m Model> {
    let models: Vec<&Model> = candidates.iter().filter(|model| model.id == *id).collect();
    decide(audience, Entry::new(&models)).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{audience, audiences, catalogs, model, policy, unrestricted};
    use super::*;
    use crate::policy::PolicyMode;

    #[test]
    fn an_own_model_replaces_the_public_one_in_any_order() {
        let (own, public) = (model(Some(1), "a", 9), model(None, "a", 1));
        for candidates in [vec![own.clone(), public.clone()], vec![public, own.clone()]] {
            assert_eq!(list(&unrestricted(1), &candidates), [&own]);
        }
    }

    #[test]
    fn another_organizations_model_replaces_no_model() {
        let (foreign, public) = (model(Some(2), "a", 9), model(None, "a", 1));
        let candidates = [foreign.clone(), public.clone()];
        assert_eq!(list(&unrestricted(1), &candidates), [&public]);
        let hidden = |candidates: &[&Model]| decide(&unrestricted(1), Entry::new(candidates)).err();
        assert_eq!(hidden(&[&foreign]), Some(Hidden::AnotherOrganization));
        assert_eq!(hidden(&[]), Some(Hidden::Missing));
    }

    #[test]
    fn the_list_is_ordered_by_creation_and_then_by_the_bytes_of_the_id() {
        let models = [
            model(None, "b", 2),
            model(None, "a", 2),
            model(None, "Z", 2),
            model(None, "c", 1),
        ];
        let models = list(&unrestricted(1), &models);
        let ids: Vec<_> = models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(ids, ["c", "Z", "a", "b"]);
    }

    #[test]
    fn policies_restrict_public_models_and_the_projects_policy_also_own_ones() {
        let (own, public) = (model(Some(1), "a", 1), model(None, "a", 1));
        let deny = || Some(policy(PolicyMode::DenyList, &["a"]));
        let (by_organization, by_project) = (audience(1, deny(), None), audience(1, None, deny()));
        for (audience, candidates, expected) in [
            (
                &by_organization,
                &[&public][..],
                Err(Hidden::OrganizationPolicy),
            ),
            (&by_organization, &[&own], Ok(&own)),
            (&by_organization, &[&own, &public], Ok(&own)),
            (&by_project, &[&public], Err(Hidden::ProjectPolicy)),
            (&by_project, &[&own], Err(Hidden::ProjectPolicy)),
            // The public model does not take the place of the denied own one.
            (&by_project, &[&own, &public], Err(Hidden::ProjectPolicy)),
            // A policy does not reveal whether another organization has such a model.
            (&by_project, &[], Err(Hidden::Missing)),
        ] {
            assert_eq!(decide(audience, Entry::new(candidates)), expected);
        }
    }

    proptest! {
        #[test]
        fn a_model_is_listed_if_and_only_if_it_is_found(catalog in catalogs(), who in audiences()) {
            let listed = list(&who, &catalog);
            prop_assert!(listed.is_sorted_by(|a, b| (a.created, &a.id) < (b.created, &b.id)));
            for id in ["a", "b", "c", "d"] {
                let id: ModelId = id.parse().expect("an id");
                let shown = listed.iter().find(|model| model.id == id).copied();
                prop_assert_eq!(find(&who, &id, &catalog), shown);
            }
            let own = Scope::Organization(who.organization_id().clone());
            for model in &catalog {
                let has_own = catalog.iter().any(|other| other.id == model.id && other.scope == own);
                let is_public = model.scope == Scope::Public && !has_own;
                let is_seen = (model.scope == own || is_public && who.policies().organization_allows(model.id.as_str()))
                    && who.policies().project_allows(model.id.as_str());
                prop_assert_eq!(listed.contains(&model), is_seen);
            }
        }
    }
}
