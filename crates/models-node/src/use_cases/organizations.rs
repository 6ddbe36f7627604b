//! Use cases of organizations.

use models_core::{
    DefaultProject, Entered, Name, Organization, OrganizationId, OrganizationRepository, Origin,
    ProjectId, RepositoryError, Slug, Timestamp,
};
use uuid::Uuid;

/// The name of the default project of a new organization.
const DEFAULT_PROJECT: &str = "Default project";

/// The organization to create.
pub struct NewOrganization {
    /// The id; `None` for a new one.
    pub id: Option<OrganizationId>,
    /// The slug.
    pub slug: Slug,
    /// The display name.
    pub name: Entered<Name>,
}

/// Creates an organization with its default project. Returns `AlreadyExists` if any organization has, or had, this id or slug.
pub async fn create(
    organizations: &dyn OrganizationRepository,
    new: NewOrganization,
    origin: Origin,
) -> Result<Organization, RepositoryError> {
    let NewOrganization { id, slug, name } = new;
    let mut organization = organization(slug, name, origin.at);
    if let Some(id) = id {
        organization.id = id;
    }
    organizations.insert(organization.clone(), origin).await?;
    Ok(organization)
}

/// An organization and its default project with new ids.
pub(super) fn organization(slug: Slug, name: Entered<Name>, now: Timestamp) -> Organization {
    Organization {
        id: OrganizationId::from_uuid(Uuid::now_v7()),
        slug,
        name: name.into_inner(),
        default_project: DefaultProject {
            id: ProjectId::from_uuid(Uuid::now_v7()),
            name: DEFAULT_PROJECT.parse().expect("a constant that is a name"),
        },
        created_at: now,
        disabled_at: None,
    }
}

#[cfg(test)]
mod tests {
    use models_core::{Actor, Context};

    use super::*;
    use crate::fake::administration::Inserted;

    const NOW: Timestamp = Timestamp::from_seconds(7);

    #[tokio::test]
    async fn each_organization_has_ids_of_its_own_and_a_default_project() {
        let organizations = Inserted::default();
        let given: OrganizationId = "org_given".parse().unwrap();
        for id in [None, None, Some(given.clone())] {
            let origin = Origin {
                actor: Actor::CommandLine,
                at: NOW,
                context: Context::default(),
            };
            let (slug, name) = ("acme".parse().unwrap(), "Acme".parse().unwrap());
            let new = NewOrganization { id, slug, name };
            let created = create(&organizations, new, origin).await.unwrap();
            assert_eq!(
                organizations.organizations.lock().unwrap().last(),
                Some(&created)
            );
        }
        let [one, other, third] = &organizations.organizations.into_inner().unwrap()[..] else {
            panic!("there are not three organizations");
        };
        assert_eq!(third.id, given);
        assert_ne!(one.id, other.id);
        assert_ne!(one.default_project.id, other.default_project.id);
        assert_eq!(one.default_project.name.as_str(), DEFAULT_PROJECT);
        assert_eq!((one.slug.as_str(), one.name.as_str()), ("acme", "Acme"));
        assert_eq!(one.created_at, NOW);
    }
}
