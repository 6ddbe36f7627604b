//! Use cases of projects.

use models_core::{
    Administered, Entered, Name, OrganizationId, Origin, Project, ProjectId, ProjectRepository,
};
use uuid::Uuid;

/// The project to create.
pub struct NewProject {
    /// The id; `None` for a new one.
    pub id: Option<ProjectId>,
    /// The display name.
    pub name: Entered<Name>,
}

/// Creates a project in this organization. Returns `AlreadyExists` if any organization has, or had, a project with this id.
pub async fn create(
    projects: &dyn ProjectRepository,
    organization_id: &OrganizationId,
    new: NewProject,
    origin: Origin,
) -> Administered<Project> {
    let project = Project {
        id: new
            .id
            .unwrap_or_else(|| ProjectId::from_uuid(Uuid::now_v7())),
        name: new.name.into_inner(),
        is_default: false,
        created_at: origin.at,
        archived_at: None,
    };
    let inserted = projects.insert(organization_id, project.clone(), origin);
    Ok(inserted.await?.map(|()| project))
}
