//! Projects, the parts of organizations.

use serde::Serialize;

use crate::text::Name;
use crate::text::checked::prefixed_id;

prefixed_id! {
    /// A project's id: `proj_` followed by letters and digits.
    ProjectId, "a project id", "proj_"
}

/// A project. Each key belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Project {
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
        assert!("org-0".parse::<ProjectId>().is_err());
        assert!("proj_".parse::<ProjectId>().is_err());
    }
}
