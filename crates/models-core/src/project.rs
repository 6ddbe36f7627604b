//! Projects of organizations.

use serde::Serialize;

use crate::text::Name;
use crate::text::checked::prefixed_id;

prefixed_id! {
    /// `proj_` and letters and digits.
    ProjectId, "a project id", "proj_"
}

/// A part of an organization that keys belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Project {
    /// Unique, given once.
    pub id: ProjectId,
    /// For people.
    pub name: Name,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_project_is_that_of_nothing_else() {
        let id = ProjectId::from_uuid(uuid::Uuid::nil());
        assert_eq!(id.as_str(), "proj_00000000000000000000000000000000");
        assert_eq!(id.as_str().parse(), Ok(id));
        assert!("org-0".parse::<ProjectId>().is_err());
        assert!("proj_".parse::<ProjectId>().is_err());
    }
}
