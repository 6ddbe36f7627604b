//! New things: here their ids, their secrets and their times come from.

use models_core::{
    ApiKey, ApiKeyId, Entered, Name, Organization, OrganizationId, Project, ProjectId, Role,
    Secret, Slug, Timestamp,
};
use uuid::Uuid;

/// What the default project of a new organization is called.
const DEFAULT_PROJECT: &str = "Default project";

/// An organization with its default project.
pub(crate) fn new_organization(slug: Slug, name: Entered<Name>, now: Timestamp) -> Organization {
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

/// A key for this secret, in the organization's default project.
pub(crate) fn new_api_key(
    organization: &Organization,
    secret: &Secret,
    name: Entered<Name>,
    role: Role,
    now: Timestamp,
    expires_at: Option<Timestamp>,
) -> ApiKey {
    ApiKey {
        id: ApiKeyId::from_uuid(Uuid::now_v7()),
        organization_id: organization.id.clone(),
        organization_slug: organization.slug.clone(),
        project_id: organization.default_project.id.clone(),
        name: name.into_inner(),
        role,
        redacted_value: secret.redacted(),
        created_at: now,
        expires_at,
        revoked_at: None,
    }
}

/// A secret that nobody knows yet.
pub(crate) fn new_secret() -> Result<Secret, getrandom::Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    Ok(Secret::from_random(random))
}
