//! Organizations.

use models_core::{
    Entered, Name, Organization, OrganizationId, OrganizationRepository, Origin, Project,
    ProjectId, RepositoryError, Slug, Timestamp,
};
use uuid::Uuid;

/// What the default project of a new organization is called.
const DEFAULT_PROJECT: &str = "Default project";

/// Creates an organization with its default project. `AlreadyExists` if the slug is taken.
pub async fn create(
    organizations: &dyn OrganizationRepository,
    slug: Slug,
    name: Entered<Name>,
    origin: Origin,
) -> Result<Organization, RepositoryError> {
    let organization = organization(slug, name, origin.at);
    organizations.insert(organization.clone(), origin).await?;
    Ok(organization)
}

/// An organization with its default project, under new ids.
pub(super) fn organization(slug: Slug, name: Entered<Name>, now: Timestamp) -> Organization {
    Organization {
        id: OrganizationId::from_uuid(Uuid::now_v7()),
        slug,
        name: name.into_inner(),
        default_project: Project {
            id: ProjectId::from_uuid(Uuid::now_v7()),
            name: DEFAULT_PROJECT.parse().expect("a constant that is a name"),
        },
        created_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_organization_has_ids_of_its_own_and_a_default_project() {
        let now = Timestamp::from_seconds(7);
        let new = || organization("acme".parse().unwrap(), "Acme".parse().unwrap(), now);
        let (one, other) = (new(), new());
        assert_ne!(one.id, other.id);
        assert_ne!(one.default_project.id, other.default_project.id);
        assert_eq!(one.default_project.name.as_str(), DEFAULT_PROJECT);
        assert_eq!((one.slug.as_str(), one.name.as_str()), ("acme", "Acme"));
        assert_eq!(one.created_at, now);
    }
}
