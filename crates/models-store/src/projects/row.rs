//! Rows of projects.

use models_core::{DefaultProject, Project, RepositoryError, Timestamp};
use sqlx_macros::FromRow;

use crate::database::damaged;

/// The columns of the table `projects`: the columns of a row, and those that only some statements
/// use.
macro_rules! project_columns {
    ($($form:tt)*) => {
        $crate::database::columns!(
            $($form)* => [id name is_default created_at archived_at] [organization_id policy ordinal]
        )
    };
}
pub(crate) use project_columns;

/// Finds the project `$1` of the organization `$2`.
pub(super) const FIND: &str = concat!(
    "SELECT ",
    project_columns!(first, [", "] [*]),
    " FROM projects WHERE id = $1 AND organization_id = $2"
);
pub(super) const FIND_POLICY: &str = "SELECT (SELECT policy FROM policies WHERE digest = p.policy) FROM projects p \
    WHERE p.id = $1 AND p.organization_id = $2";

#[derive(FromRow)]
pub(super) struct ProjectRow {
    id: String,
    name: String,
    is_default: i64,
    created_at: i64,
    archived_at: Option<i64>,
}

impl TryFrom<ProjectRow> for Project {
    type Error = RepositoryError;

    fn try_from(row: ProjectRow) -> Result<Self, RepositoryError> {
        let parsed = (|| {
            Ok(Self {
                id: row.id.try_into()?,
                name: row.name.try_into()?,
                is_default: row.is_default == 1,
                created_at: row.created_at.try_into()?,
                archived_at: row.archived_at.map(Timestamp::try_from).transpose()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("projects", error))
    }
}

/// The default project in a row of an organization.
#[derive(FromRow)]
pub(crate) struct DefaultProjectRow {
    project_id: String,
    project_name: String,
}

impl TryFrom<DefaultProjectRow> for DefaultProject {
    type Error = RepositoryError;

    fn try_from(row: DefaultProjectRow) -> Result<Self, RepositoryError> {
        let parsed = (|| {
            Ok(Self {
                id: row.project_id.try_into()?,
                name: row.project_name.try_into()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("projects", error))
    }
}

pub(super) fn first(rows: Vec<ProjectRow>) -> Result<Option<Project>, RepositoryError> {
    rows.into_iter().next().map(Project::try_from).transpose()
}
