//! The one decision about who may see, and who may delete, a model.
//!
//! Every route asks here: what a key lists is exactly what it can retrieve.

use std::collections::BTreeMap;

use crate::api_key::KeyRejection;
use crate::model::{Model, ModelId, Scope};
use crate::principal::Principal;
use crate::role::Role;

/// Why a model is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// It is another organization's own.
    AnotherOrganization,
}

/// Why a model is not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionRefusal {
    /// The key itself is no longer good.
    Key(KeyRejection),
    /// The key's role may not delete anything.
    Role,
    /// There is no such model for this key; a hidden one and a missing one are alike.
    NotFound,
    /// It is a public model: visible, but not an organization's to delete.
    Public,
}

/// Whether the principal may see the model, and if not, why.
pub fn decide(principal: &Principal, model: &Model) -> Result<(), Hidden> {
    match &model.scope {
        Scope::Public => Ok(()),
        Scope::Organization(id) if *id == principal.organization_id => Ok(()),
        Scope::Organization(_) => Err(Hidden::AnotherOrganization),
    }
}

/// All that the principal may see of `candidates`, by `created` and then by id. Each id appears
/// once: an organization's own model takes the place of a public one.
#[must_use]
pub fn list(principal: &Principal, candidates: Vec<Model>) -> Vec<Model> {
    let mut by_id: BTreeMap<ModelId, Model> = BTreeMap::new();
    for model in candidates {
        let visible = decide(principal, &model).is_ok();
        let outranked = by_id
            .get(&model.id)
            .is_some_and(|other| other.scope != Scope::Public);
        if visible && !outranked {
            by_id.insert(model.id.clone(), model);
        }
    }
    let mut models: Vec<Model> = by_id.into_values().collect();
    models.sort_by_key(|model| model.created); // stable: the ids stay in order
    models
}

/// The model of this id as [`list`] would show it.
#[must_use]
pub fn find(principal: &Principal, id: &ModelId, candidates: Vec<Model>) -> Option<Model> {
    list(principal, candidates)
        .into_iter()
        .find(|model| model.id == *id)
}

/// The model that the principal deletes when it deletes `id`. The role is judged before anything
/// about the model is said, and what is not visible is not there.
pub fn find_deletable(
    principal: &Principal,
    id: &ModelId,
    candidates: Vec<Model>,
) -> Result<Model, DeletionRefusal> {
    if principal.role < Role::Owner {
        return Err(DeletionRefusal::Role);
    }
    let model = find(principal, id, candidates).ok_or(DeletionRefusal::NotFound)?;
    match model.scope {
        Scope::Public => Err(DeletionRefusal::Public),
        Scope::Organization(_) => Ok(model),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api_key::ApiKeyId;
    use crate::organization::{OrganizationId, ProjectId};
    use crate::time::Timestamp;

    fn organization(number: u8) -> OrganizationId {
        OrganizationId::from_uuid(uuid::Uuid::from_u128(number.into()))
    }

    fn principal(number: u8, role: Role) -> Principal {
        Principal {
            key_id: ApiKeyId::from_uuid(uuid::Uuid::nil()),
            organization_id: organization(number),
            organization_slug: "acme".parse().expect("a slug"),
            project_id: ProjectId::from_uuid(uuid::Uuid::nil()),
            role,
        }
    }

    fn model(owner: Option<u8>, id: &str, created: u32) -> Model {
        Model {
            id: id.parse().expect("an id"),
            scope: owner.map(organization).into(),
            created: Timestamp::from_seconds(created),
            owned_by: "someone".parse().expect("a name"),
            shutdown_date: None,
        }
    }

    #[test]
    fn an_own_model_takes_the_place_of_a_public_one_in_any_order() {
        let (own, public) = (model(Some(1), "a", 9), model(None, "a", 1));
        for candidates in [vec![own.clone(), public.clone()], vec![public, own.clone()]] {
            assert_eq!(
                list(&principal(1, Role::Reader), candidates),
                std::slice::from_ref(&own)
            );
        }
    }

    #[test]
    fn another_organizations_model_takes_nobodys_place() {
        let (foreign, public) = (model(Some(2), "a", 9), model(None, "a", 1));
        let seen = list(
            &principal(1, Role::Owner),
            vec![foreign.clone(), public.clone()],
        );
        assert_eq!(seen, [public]);
        assert_eq!(
            decide(&principal(1, Role::Owner), &foreign),
            Err(Hidden::AnotherOrganization)
        );
    }

    #[test]
    fn the_list_is_ordered_by_creation_and_then_by_the_bytes_of_the_id() {
        let models = vec![
            model(None, "b", 2),
            model(None, "a", 2),
            model(None, "Z", 2),
            model(None, "c", 1),
        ];
        let ids: Vec<_> = list(&principal(1, Role::Reader), models)
            .into_iter()
            .map(|model| model.id)
            .collect();
        assert_eq!(
            ids.iter().map(ModelId::as_str).collect::<Vec<_>>(),
            ["c", "Z", "a", "b"]
        );
    }

    #[test]
    fn deletion_judges_the_role_first_then_existence_then_ownership() {
        let candidates = || {
            vec![
                model(None, "public", 1),
                model(Some(1), "own", 1),
                model(Some(2), "foreign", 1),
            ]
        };
        let refusal = |role, id: &str| {
            find_deletable(
                &principal(1, role),
                &id.parse().expect("an id"),
                candidates(),
            )
            .map(|model| model.id)
            .err()
        };
        for role in [Role::Reader, Role::Writer] {
            for id in ["public", "own", "foreign", "missing"] {
                assert_eq!(refusal(role, id), Some(DeletionRefusal::Role));
            }
        }
        assert_eq!(
            refusal(Role::Owner, "missing"),
            Some(DeletionRefusal::NotFound)
        );
        assert_eq!(
            refusal(Role::Owner, "foreign"),
            Some(DeletionRefusal::NotFound)
        );
        assert_eq!(
            refusal(Role::Owner, "public"),
            Some(DeletionRefusal::Public)
        );
        assert_eq!(refusal(Role::Owner, "own"), None);
    }

    proptest! {
        #[test]
        fn listed_and_retrievable_and_deletable_agree(
            catalog in proptest::collection::vec((proptest::option::of(1..4_u8), "[a-d]", 0..3_u32), 0..24),
            who in 1..4_u8,
        ) {
            let mut models: Vec<Model> = Vec::new();
            for (owner, id, created) in catalog {
                let new = model(owner, &id, created);
                if !models.iter().any(|other| other.id == new.id && other.scope == new.scope) {
                    models.push(new);
                }
            }
            let owner = principal(who, Role::Owner);
            let listed = list(&owner, models.clone());
            prop_assert!(listed.is_sorted_by(|a, b| (a.created, &a.id) < (b.created, &b.id)));
            for id in ["a", "b", "c", "d"] {
                let id: ModelId = id.parse().expect("an id");
                let shown = listed.iter().find(|model| model.id == id).cloned();
                prop_assert_eq!(&find(&owner, &id, models.clone()), &shown);
                let deletable = find_deletable(&owner, &id, models.clone());
                let expected = match shown {
                    None => Err(DeletionRefusal::NotFound),
                    Some(model) if model.scope == Scope::Public => Err(DeletionRefusal::Public),
                    Some(model) => Ok(model),
                };
                prop_assert_eq!(deletable, expected);
            }
            for model in &models {
                let covered = models.iter().any(|other| other.id == model.id && other.scope == Scope::Organization(organization(who)));
                let expected = match &model.scope {
                    Scope::Public => !covered,
                    Scope::Organization(id) => *id == organization(who),
                };
                prop_assert_eq!(listed.contains(model), expected);
            }
        }
    }
}
