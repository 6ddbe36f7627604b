//! The decision which model a principal may register or update.

use super::audience::Audience;
use super::decision::find;
use crate::api_key::{KeyRejection, Principal};
use crate::model::{Model, ModelId, Scope};
use crate::permission::Permission;

/// The reason why a registration or an update is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationRefusal {
    /// The key is revoked or has expired.
    Key(KeyRejection),
    /// The key has no permission to register models, or the model to update is public.
    Permission,
    /// A policy of the organization or of the project denies the id, whether or not a model has it.
    Denied(ModelId),
    /// A public model has the id.
    Public(ModelId),
    /// The organization's own model with this id has other content.
    Different(ModelId),
    /// The registrant sees no such model to update, or no such base model. A hidden model and a
    /// missing one give the same refusal.
    NotFound(ModelId),
    /// The minted id is longer than an id may be.
    TooLong,
    /// The model to update is another one than the condition names.
    Condition,
}

/// The organization's own model with this id, if there is one. Fails if the principal may not
/// register a model under the id. The permission is checked first, and then the policies, so that a
/// refusal reveals nothing about a model that the principal does not see.
///
/// A gateway allows calls of the organization's own models. So the organization's policy, which
/// restricts the public models that it sees, also restricts the ids that it registers.
pub fn find_registered<'m>(
    principal: &Principal,
    id: &ModelId,
    candidates: &'m [Model],
) -> Result<Option<&'m Model>, RegistrationRefusal> {
    if !principal.permissions.has(Permission::WriteModels) {
        return Err(RegistrationRefusal::Permission);
    }
    let policies = &principal.policies;
    if !policies.organization_allows(id.as_str()) || !policies.project_allows(id.as_str()) {
        return Err(RegistrationRefusal::Denied(id.clone()));
    }
    let own = Scope::Organization(principal.organization_id.clone());
    let mut models = candidates.iter().filter(|model| model.id == *id);
    if let Some(model) = models.clone().find(|model| model.scope == own) {
        return Ok(Some(model));
    }
    if models.any(|model| model.scope == Scope::Public) {
        return Err(RegistrationRefusal::Public(id.clone()));
    }
    Ok(None)
}

/// The model that the principal updates with `id`. The permission is checked first. A model that is
/// not visible counts as missing.
pub fn find_updatable<'m>(
    principal: &Principal,
    id: &ModelId,
    candidates: &'m [Model],
) -> Result<&'m Model, RegistrationRefusal> {
    if !principal.permissions.has(Permission::WriteModels) {
        return Err(RegistrationRefusal::Permission);
    }
    let model = find(&Audience::from(principal), id, candidates);
    let model = model.ok_or_else(|| RegistrationRefusal::NotFound(id.clone()))?;
    match model.scope {
        Scope::Public => Err(RegistrationRefusal::Permission),
        Scope::Organization(_) => Ok(model),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{catalogs, model, policies, policy, principal};
    use super::*;
    use crate::permission::Role;
    use crate::policy::{Policies, PolicyMode};

    fn id(text: &str) -> ModelId {
        text.parse().expect("an id")
    }

    #[test]
    fn a_registration_checks_the_permission_the_policy_and_then_the_models() {
        let candidates = [
            model(None, "public", 1),
            model(Some(1), "own", 1),
            model(None, "own", 1),
            model(Some(2), "foreign", 1),
            model(Some(1), "denied", 1),
            model(None, "denied-too", 1),
            model(None, "public-for-nobody", 1),
        ];
        let deny = policy(PolicyMode::DenyList, &["denied*"]);
        let policies = Policies {
            organization: Some(policy(PolicyMode::DenyList, &["*-for-nobody"]).into()),
            project: Some(deny.into()),
        };
        let writer = Principal {
            policies,
            ..principal(1, Role::Writer)
        };
        let found = |who: &Principal, name: &str| {
            find_registered(who, &id(name), &candidates).map(Option::<&Model>::cloned)
        };
        for name in ["public", "own", "foreign", "denied", "missing"] {
            let reader = principal(1, Role::Reader);
            assert_eq!(found(&reader, name), Err(RegistrationRefusal::Permission));
            let updated = find_updatable(&reader, &id(name), &candidates);
            assert_eq!(updated, Err(RegistrationRefusal::Permission));
        }
        for (name, expected) in [
            ("missing", Ok(None)),
            ("foreign", Ok(None)),
            ("own", Ok(Some(candidates[1].clone()))),
            ("public", Err(RegistrationRefusal::Public(id("public")))),
            ("denied", Err(RegistrationRefusal::Denied(id("denied")))),
            (
                "denied-too",
                Err(RegistrationRefusal::Denied(id("denied-too"))),
            ),
            (
                "public-for-nobody",
                Err(RegistrationRefusal::Denied(id("public-for-nobody"))),
            ),
            (
                "new-for-nobody",
                Err(RegistrationRefusal::Denied(id("new-for-nobody"))),
            ),
            (
                "denied-missing",
                Err(RegistrationRefusal::Denied(id("denied-missing"))),
            ),
        ] {
            assert_eq!(found(&writer, name), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_writer_updates_its_own_models_among_those_that_it_sees(
            catalog in catalogs(), who in 1..4_u8, organization in policies(), project in policies(),
        ) {
            let policies = Policies {
                organization: organization.map(Into::into),
                project: project.map(Into::into),
            };
            let writer = Principal { policies, ..principal(who, Role::Writer) };
            for id in ["a", "b", "c", "d"].map(id) {
                let expected = match find(&Audience::from(&writer), &id, &catalog) {
                    None => Err(RegistrationRefusal::NotFound(id.clone())),
                    Some(model) if model.scope == Scope::Public => Err(RegistrationRefusal::Permission),
                    Some(model) => Ok(model),
                };
                prop_assert_eq!(find_updatable(&writer, &id, &catalog), expected.clone());
                // A registration of the same id finds the model, unless the organization's policy denies the id.
                if let Ok(model) = expected {
                    let found = find_registered(&writer, &id, &catalog);
                    let is_denied = !writer.policies.organization_allows(id.as_str());
                    let denied = Err(RegistrationRefusal::Denied(id.clone()));
                    prop_assert_eq!(found, if is_denied { denied } else { Ok(Some(model)) });
                }
            }
        }
    }
}
