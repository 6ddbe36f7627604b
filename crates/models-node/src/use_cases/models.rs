//! Use cases of models.

use models_core::{
    Attempt, Context, Deletion, Import, ImportEntry, ImportReport, Model, ModelId, ModelRepository,
    Name, Organization, Origin, Principal, Progress, Registrant, RepositoryError, Scope, Timestamp,
};

/// The owner of a new public model if its import or registration names none. OpenAI's API uses this word too.
const DEFAULT_OWNER: &str = "system";

/// The models to import.
pub struct NewImport {
    /// The models.
    pub entries: Vec<ImportEntry>,
    /// Whether only to report what the import would change.
    pub dry_run: bool,
}

/// Imports models into an organization's scope, or as public models.
pub async fn import(
    models: &dyn ModelRepository,
    organization: Option<&Organization>,
    new: NewImport,
    origin: Origin,
    progress: Progress,
) -> Result<ImportReport, RepositoryError> {
    let import = import_of(organization, new);
    models.import(import, origin, progress).await
}

/// An import into an organization's scope, or of public models. New models without an owner belong to the organization, or
/// to the system.
pub(super) fn import_of(organization: Option<&Organization>, new: NewImport) -> Import {
    let NewImport { entries, dry_run } = new;
    Import {
        scope: scope(organization),
        entries,
        default_owner: default_owner(organization),
        dry_run,
    }
}

/// The operator who registers models of an organization, or public models.
#[must_use]
pub fn operator(organization: Option<&Organization>) -> Registrant {
    Registrant::Operator {
        scope: scope(organization),
        default_owner: default_owner(organization),
    }
}

/// The owner of new models that name none: their organization, or the system.
fn default_owner(organization: Option<&Organization>) -> Name {
    organization.map_or_else(
        || DEFAULT_OWNER.parse().expect("a constant that is a name"),
        |organization| organization.name.clone(),
    )
}

/// The scope of an organization's own models, or of public models.
#[must_use]
pub fn scope(organization: Option<&Organization>) -> Scope {
    organization
        .map(|organization| organization.id.clone())
        .into()
}

/// Deletes an organization's own model, or a public model. Returns the model as soon as all nodes hide it; `None` if
/// there is no such model.
pub async fn delete(
    models: &dyn ModelRepository,
    organization: Option<&Organization>,
    id: &ModelId,
    origin: Origin,
) -> Result<Option<Model>, RepositoryError> {
    models.delete(&scope(organization), id, origin).await
}

/// Deletes the model with this id if the principal may delete it.
pub async fn delete_as(
    models: &dyn ModelRepository,
    principal: &Principal,
    id: &ModelId,
    at: Timestamp,
    attempt: Attempt,
    context: Context,
) -> Result<Deletion, RepositoryError> {
    models
        .delete_as(&principal.key_id, id, at, attempt, context)
        .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use models_core::{Actor, Revision};

    use super::super::organizations::organization;
    use super::*;
    use crate::fake::models::{Models, principal};

    const NOW: Timestamp = Timestamp::from_seconds(7);

    fn origin() -> Origin {
        Origin {
            actor: Actor::CommandLine,
            at: NOW,
            context: Context::default(),
        }
    }

    fn acme() -> Organization {
        organization("acme".parse().unwrap(), "Acme".parse().unwrap(), NOW)
    }

    #[tokio::test]
    async fn imported_models_belong_to_the_organization_or_the_system() {
        let acme = acme();
        for (organization, owner) in [(None, "system"), (Some(&acme), "Acme")] {
            let dry_run = organization.is_some();
            let new = NewImport {
                entries: vec![],
                dry_run,
            };
            let models = Models::default();
            let report = import(&models, organization, new, origin(), Arc::new(|_| {})).await;
            assert_eq!(report.unwrap().unchanged, 7, "the report of the repository");
            let import = models.imported.lock().unwrap().take().unwrap();
            assert_eq!(import.default_owner.as_str(), owner);
            assert_eq!(import.dry_run, dry_run);
            let id = organization.map(|organization| &organization.id);
            assert_eq!(import.scope.organization_id(), id);
            let operator = operator(organization);
            let expected = Registrant::Operator {
                scope: import.scope,
                default_owner: import.default_owner,
            };
            assert_eq!(operator, expected);
        }
    }

    #[tokio::test]
    async fn an_operator_deletes_a_model_of_the_named_scope() {
        let (acme, models) = (acme(), Models::default());
        let id = "public".parse().unwrap();
        for (organization, is_there) in [(None, true), (Some(&acme), false)] {
            let deleted = delete(&models, organization, &id, origin()).await;
            assert_eq!(deleted.unwrap().is_some(), is_there);
        }
    }

    #[tokio::test]
    async fn a_caller_deletes_with_its_own_key() {
        let (models, id) = (Models::default(), "own-1".parse().unwrap());
        let deletion = delete_as(
            &models,
            &principal(2),
            &id,
            NOW,
            Attempt::First,
            Context::default(),
        )
        .await;
        let Deletion::Deleted { model, revision } = deletion.unwrap() else {
            panic!("the model was not deleted");
        };
        assert_eq!((model.id, revision), (id, Revision(7)));
    }
}
