//! The decision which model a principal may delete.

use super::audience::Audience;
use super::decision::find;
use crate::api_key::{KeyRejection, Principal};
use crate::model::{Model, ModelId, Scope};
use crate::permission::Permission;

/// The reason why a deletion is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionRefusal {
    /// The key is revoked or has expired.
    Key(KeyRejection),
    /// The key has no permission to delete.
    Permission,
    /// The key sees no such model. A hidden model and a missing one give the same refusal.
    NotFound,
    /// The model is public: visible, but no organization may delete it.
    Public,
}

/// The model that the principal deletes with `id`. The permission is checked first, so that a
/// refusal reveals nothing about the model. A model that is not visible counts as missing.
pub fn find_deletable<'m>(
    principal: &Principal,
    id: &ModelId,
    candidates: &'m [Model],
) -> Result<&'m Model, DeletionRefusal> {
    if !principal.permissions.has(Permission::Delete) {
        return Err(DeletionRefusal::Permission);
    }
    let model = find(&Audience::from(principal), id, candidates);
    let model = model.ok_or(DeletionRefusal::NotFound)?;
    match model.scope {
        Scope::Public => Err(DeletionRefusal::Public),
        Scope::Organization(_) => Ok(model),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{catalogs, model, policies, principal};
    use super::*;
    use crate::permission::Role;
    use crate::policy::Policies;

    #[test]
    fn deletion_checks_the_permission_then_existence_then_ownership() {
        let candidates = [
            model(None, "public", 1),
            model(Some(1), "own", 1),
            model(Some(2), "foreign", 1),
        ];
        let refusal = |role, id: &str| {
            let id = id.parse().expect("an id");
            find_deletable(&principal(1, role), &id, &candidates).err()
        };
        for role in [Role::Reader, Role::Writer] {
            for id in ["public", "own", "foreign", "missing"] {
                assert_eq!(refusal(role, id), Some(DeletionRefusal::Permission));
            }
        }
        for (id, expected) in [
            ("missing", Some(DeletionRefusal::NotFound)),
            ("foreign", Some(DeletionRefusal::NotFound)),
            ("public", Some(DeletionRefusal::Public)),
            ("own", None),
        ] {
            assert_eq!(refusal(Role::Owner, id), expected, "{id}");
        }
    }

    proptest! {
        #[test]
        fn an_owner_deletes_what_it_sees_unless_it_is_public(
            catalog in catalogs(), who in 1..4_u8, organization in policies(), project in policies(),
        ) {
            let policies = Policies {
                organization: organization.map(Into::into),
                project: project.map(Into::into),
            };
            let owner = Principal { policies, ..principal(who, Role::Owner) };
            for id in ["a", "b", "c", "d"] {
                let id: ModelId = id.parse().expect("an id");
                let expected = match find(&Audience::from(&owner), &id, &catalog) {
                    None => Err(DeletionRefusal::NotFound),
                    Some(model) if model.scope == Scope::Public => Err(DeletionRefusal::Public),
                    Some(model) => Ok(model),
                };
                prop_assert_eq!(find_deletable(&owner, &id, &catalog), expected);
            }
        }
    }
}
