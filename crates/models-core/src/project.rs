//! Projects, the parts of organizations.

use serde::Serialize;

use crate::text::Name;
use crate::text::checked::prefixed_id;
use crate::time::Timestamp;

prefixed_id! {
    /// A project's id: `proj_` followed by letters and digits if the service made it.
    ProjectId, "a project id", "proj_"
}

/// A project of an organization. Each key belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Project {
    /// The id, which is unique and never changes.
    pub id: ProjectId,
    /// The display name.
    pub name: Name,
    /// Whether this is the organization's default project, which cannot be renamed or archived.
    pub is_default: bool,
    /// The time of creation.
    pub created_at: Timestamp,
    /// The time at which the project was archived. The service refuses the keys of an archived
    /// project, and the project cannot be changed.
    pub archived_at: Option<Timestamp>,
}

/// The id and the name of an organization's default project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DefaultProject {
    /// The id, which is unique and never changes.
    pub id: ProjectId,
    /// The display name.
    pub name: Name,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_id_has_its_own_prefix() {
        let id = ProjectId::from_uuid(uuid::Uuid::nil());
        assert_eq!(id.as_str(), "proj_00000000000000000000000000000000");
        assert_eq!(id.as_str().parse(), Ok(id));
        assert!("project_id".parse::<ProjectId>().is_ok());
        assert!("".parse::<ProjectId>().is_err());
    }
}
