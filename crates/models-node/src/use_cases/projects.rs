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

#[cfg(test)]
mod tests {
    use models_core::{Actor, Context, Timestamp};

    use super::*;
    use crate::fake::administration::Inserted;

    #[tokio::test]
    async fn a_project_has_the_given_id_or_a_new_one() {
        let projects = Inserted::default();
        let organization_id = OrganizationId::from_uuid(Uuid::nil());
        let given: ProjectId = "project_id".parse().unwrap();
        for id in [Some(given.clone()), None, None] {
            let new = NewProject {
                id,
                name: "a project".parse().unwrap(),
            };
            let origin = Origin {
                actor: Actor::CommandLine,
                at: Timestamp::from_seconds(7),
                context: Context::default(),
            };
            let created = create(&projects, &organization_id, new, origin).await;
            let created = created.unwrap().unwrap();
            assert_eq!((created.is_default, created.archived_at), (false, None));
            assert_eq!(created.created_at, Timestamp::from_seconds(7));
            let last = projects.projects.lock().unwrap().last().cloned();
            assert_eq!(last, Some((organization_id.clone(), created)));
        }
        let inserted = projects.projects.into_inner().unwrap();
        let ids: Vec<_> = inserted
            .into_iter()
            .map(|(_, project)| project.id)
            .collect();
        assert_eq!(ids[0], given);
        assert_ne!(ids[1], ids[2]);
    }
}
