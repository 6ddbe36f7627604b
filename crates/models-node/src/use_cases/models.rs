//! Models.

use models_core::{
    Attempt, Deletion, Import, ImportEntry, ImportReport, Model, ModelId, ModelRepository, Name,
    Organization, Origin, Principal, Progress, RepositoryError, Scope, Timestamp,
};

/// The owner of a new public model for which the import names none; OpenAI's own word.
const DEFAULT_OWNER: &str = "system";

/// Models that are to be imported.
pub struct NewImport {
    /// The models.
    pub entries: Vec<ImportEntry>,
    /// Whether to report alone what would change.
    pub dry_run: bool,
}

/// Imports these models as an organization's own, or as public ones.
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

/// The import. The organization owns the models for which it names no other owner.
pub(super) fn import_of(organization: Option<&Organization>, new: NewImport) -> Import {
    let NewImport { entries, dry_run } = new;
    Import {
        scope: scope(organization),
        entries,
        default_owner: organization.map_or_else(system, |organization| organization.name.clone()),
        dry_run,
    }
}

fn system() -> Name {
    DEFAULT_OWNER.parse().expect("a constant that is a name")
}

/// The scope of an organization's own models, or of the public ones.
#[must_use]
pub fn scope(organization: Option<&Organization>) -> Scope {
    organization
        .map(|organization| organization.id.clone())
        .into()
}

/// Deletes an organization's own model, or a public one, for an operator. Returns it when no node shows it any
/// more; `None` if there is no such model.
pub async fn delete(
    models: &dyn ModelRepository,
    organization: Option<&Organization>,
    id: &ModelId,
    origin: Origin,
) -> Result<Option<Model>, RepositoryError> {
    models.delete(&scope(organization), id, origin).await
}

/// Deletes the model that the principal names, if it may.
pub async fn delete_as(
    models: &dyn ModelRepository,
    principal: &Principal,
    id: &ModelId,
    at: Timestamp,
    attempt: Attempt,
) -> Result<Deletion, RepositoryError> {
    models.delete_as(&principal.key_id, id, at, attempt).await
}

#[cfg(test)]
mod tests {
    use super::super::organizations::organization;
    use super::*;

    #[test]
    fn imported_models_belong_to_the_organization_or_the_system() {
        let now = Timestamp::from_seconds(7);
        let acme = organization("acme".parse().unwrap(), "Acme".parse().unwrap(), now);
        for (organization, owner) in [(None, "system"), (Some(&acme), "Acme")] {
            let new = NewImport {
                entries: vec![],
                dry_run: organization.is_some(),
            };
            let import = import_of(organization, new);
            assert_eq!(import.default_owner.as_str(), owner);
            assert_eq!(import.dry_run, organization.is_some());
            let id = organization.map(|organization| &organization.id);
            assert_eq!(import.scope.organization_id(), id);
        }
    }
}
