//! The table of projects. Each organization has its default project.

use models_core::{OrganizationId, Project, RepositoryError, Timestamp};
use sqlx_macros::FromRow;

use crate::catalog::{Backend, Mutation};
use crate::database::damaged;

macro_rules! project_columns {
    ($($form:tt)*) => {
        $crate::database::columns!($($form)* => id organization_id name is_default created_at)
    };
}
pub(crate) use project_columns;

const INSERT: &str = concat!(
    "INSERT INTO projects (",
    project_columns!([", "] [*]),
    ") VALUES (",
    project_columns!(values),
    ")"
);

/// The default project in a row of an organization.
#[derive(FromRow)]
pub(crate) struct ProjectRow {
    project_id: String,
    project_name: String,
}

impl TryFrom<ProjectRow> for Project {
    type Error = RepositoryError;

    fn try_from(row: ProjectRow) -> Result<Self, RepositoryError> {
        let parsed = (|| {
            Ok(Self {
                id: row.project_id.try_into()?,
                name: row.project_name.try_into()?,
            })
        })();
        parsed.map_err(|error: models_core::Invalid| damaged("projects", error))
    }
}

/// Inserts an organization's default project within an open transaction.
pub(crate) async fn insert_default_project<DB: Backend>(
    mutation: &mut Mutation<DB>,
    organization_id: &OrganizationId,
    project: &Project,
    created_at: Timestamp,
) -> Result<(), RepositoryError> {
    let values = vec![
        project.id.as_str().into(),
        organization_id.as_str().into(),
        project.name.as_str().into(),
        1_i64.into(),
        i64::from(created_at).into(),
    ];
    mutation.execute(INSERT, values).await
}
